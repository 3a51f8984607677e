"""Read messages from the host, and turn unreadable responses into errors instead of dropping them as the SDK does."""

from typing import Any, Self

import mcp_types as types
from mcp.shared.message import SessionMessage
from pydantic import ValidationError


class TolerantReadStream:
    """A read stream in which an unreadable response becomes an error response, so that the waiting call ends."""

    def __init__(self, incoming: Any) -> None:
        """Wrap a read stream of the SDK, which yields an exception for a line that is no message."""
        self._incoming = incoming

    async def receive(self) -> SessionMessage | Exception:
        """Return the next message."""
        return _convert_unreadable(await self._incoming.receive())

    async def aclose(self) -> None:
        """Close the stream."""
        await self._incoming.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        return _convert_unreadable(await anext(self._incoming))

    async def __aenter__(self) -> Self:
        await self._incoming.__aenter__()
        return self

    async def __aexit__(self, *failure: Any) -> bool | None:
        ended: bool | None = await self._incoming.__aexit__(*failure)
        return ended


def _convert_unreadable(item: SessionMessage | Exception) -> SessionMessage | Exception:
    if not isinstance(item, ValidationError):
        return item
    for fault in item.errors(include_url=False):
        line = fault["input"]  # for a missing field, this is the message without it
        if isinstance(line, dict) and "jsonrpc" in line and "method" not in line:
            number = line.get("id")
            if isinstance(number, int | str) and not isinstance(number, bool):
                what = "its result is no object" if "result" in line else "it has neither result nor error"
                error = types.ErrorData(
                    code=types.INVALID_REQUEST, message=f"the answer cannot be read: {what}"
                )
                return SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=number, error=error))
    return item
