"""Shared answers: reads of one pass over many rows, of which each is sent once, whoever asks for it and how often."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from ix_tools.api_client.protocol import Request, Response

NOT_FOUND = 404


@dataclass
class _Answer:
    arrived: anyio.Event = field(default_factory=anyio.Event)
    response: Response | None = None
    """None if the request failed."""


class SharedAnswers:
    """The answers of reads, by request."""

    def __init__(self) -> None:
        """Know none."""
        self._by_request: dict[Request, _Answer] = {}

    async def find(self, request: Request, send: Callable[[Request], Awaitable[Response]]) -> Response:
        """Return the answer of a read that was made or is under way, or make it. A failure is not kept: the next one asks again."""
        while (known := self._by_request.get(request)) is not None:
            await known.arrived.wait()
            if known.response is not None:
                return known.response
        answer = self._by_request[request] = _Answer()
        try:
            response = await send(request)
            if response.status < 300 or response.status == NOT_FOUND:
                answer.response = response
        finally:
            if answer.response is None:
                del self._by_request[request]
            answer.arrived.set()
        return response
