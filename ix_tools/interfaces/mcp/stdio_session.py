"""Serve a host over standard input and output with the SDK, from the point to which its opening has come."""

import gc
import logging
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, cast

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCResponse

from ix_tools.config.settings import Settings
from ix_tools.interfaces.mcp.early_answers import REPLAYED_ID
from ix_tools.interfaces.mcp.incoming import TolerantReadStream
from ix_tools.interfaces.mcp.lazy_context import open_lazy_context
from ix_tools.interfaces.mcp.opening import Opening
from ix_tools.interfaces.mcp.own_calls import drive_own_calls
from ix_tools.interfaces.mcp.server import build_server
from ix_tools.telemetry import suppress_for_process
from ix_tools.text.sanitize import SanitizingFormatter

if TYPE_CHECKING:
    from ix_tools.interfaces.mcp.lazy_context import ShowPages


class AnsweredWriteStream:
    """A write stream without the response to the `initialize` that was answered before the SDK was loaded."""

    def __init__(self, outgoing: Any) -> None:
        """Wrap a write stream of the SDK."""
        self._outgoing = outgoing
        self._dropped = False

    async def send(self, item: SessionMessage) -> None:
        """Write a message, or drop it."""
        if not self._dropped and isinstance(item.message, JSONRPCResponse | JSONRPCError):
            self._dropped = item.message.id == REPLAYED_ID
            if self._dropped:
                return
        await self._outgoing.send(item)

    async def aclose(self) -> None:
        """Close the stream."""
        await self._outgoing.aclose()

    async def __aenter__(self) -> Self:
        await self._outgoing.__aenter__()
        return self

    async def __aexit__(self, *failure: Any) -> bool | None:
        ended: bool | None = await self._outgoing.__aexit__(*failure)
        return ended


def run_session(
    settings: Settings, tools: list[dict[str, Any]], opening: Opening, show: "ShowPages | None"
) -> int:
    """Run until the host closes standard input.

    Args:
        settings: checked before.
        tools: the tools to list.
        opening: reads standard input, and has answered what could be answered without the SDK.
        show: creates the approval pages that this machine serves.
    """
    if sys.platform == "win32":
        from mcp.os.win32.utilities import rebind_std_handle_to_fd

        with suppress(OSError):
            rebind_std_handle_to_fd(0)  # children get the null device, too
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SanitizingFormatter("%(levelname)s %(name)s: %(message)s"))
    # Other handlers would write the lines unsanitized.
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    return anyio.run(_serve, settings, tools, opening, show)


async def _serve(
    settings: Settings, tools: list[dict[str, Any]], opening: Opening, show: "ShowPages | None"
) -> int:
    suppress_for_process()
    async with open_lazy_context(settings, show) as context, drive_own_calls(settings, context):
        server: Any = build_server(context.open, tools, settings.language)
        if not opening.has_answers:
            await _prepare_answers(server, tools, opening)
        # Objects loaded at start live as long as the process; collecting them repeatedly would only cost pauses.
        gc.freeze()
        gc.enable()
        source = cast("anyio.AsyncFile[str]", anyio.wrap_file(cast(Any, opening)))
        async with stdio_server(source) as (incoming, outgoing):
            opening.hand_over()
            options = server.create_initialization_options()
            await server.run(TolerantReadStream(incoming), AnsweredWriteStream(outgoing), options)
    return 0


async def _prepare_answers(server: Any, tools: list[dict[str, Any]], opening: Opening) -> None:
    """Render the answers with an SDK for which none are there, and save them for the next start."""
    from ix_tools.interfaces.mcp.answer_rendering import render_answers
    from ix_tools.interfaces.mcp.rendered_answers import save_answers

    rendered = await render_answers(server, tools)
    if rendered is not None:
        opening.set_answers(rendered)
        await anyio.to_thread.run_sync(save_answers, rendered)
