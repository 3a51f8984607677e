"""Minimal upstream server: `python -m bench.upstream` answers every request with the sandbox's taxes."""

import asyncio

BODY = (
    b'{"taxes":[{"id":31554,"name":"IVA23","value":"23.0","region":"PT","code":"NOR","default_tax":1},'
    b'{"id":31557,"name":"Isento","value":"0.0","region":"PT","code":"ISE","default_tax":0}]}'
)
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


class Canned(asyncio.Protocol):
    """Protocol that answers every complete request; requests have no body here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._come = transport, b""

    def data_received(self, data: bytes) -> None:
        self._come += data
        while b"\r\n\r\n" in self._come:
            _, _, self._come = self._come.partition(b"\r\n\r\n")
            self._transport.write(ANSWER)  # type: ignore[attr-defined]


async def main() -> None:
    """Run the server."""
    server = await asyncio.get_running_loop().create_server(Canned, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
