"""`ix-tools serve`: the MCP server over standard input and output. Nothing but protocol is ever written to standard output."""

import argparse
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import anyio

from ix_tools.config.sandbox_choice import add_options, with_sandbox_options, with_sandbox_started
from ix_tools.config.settings import Settings, listed, load
from ix_tools.errors import SettingsError
from ix_tools.text.sanitize import LegibleFormatter

if TYPE_CHECKING:
    from ix_tools.approvals.links import Pages
    from ix_tools.pipeline.execute import Desk

    class Served(Pages, Protocol):
        """Pages of approvals that this process shows, until it closes them."""

        def close(self) -> None:
            """Stop showing them."""

    Show = Callable[[Desk], Served]


class LazyDesk:
    """The desk, opened at the first call that needs it: starting the server contacts nobody."""

    def __init__(self, settings: Settings, show: "Show | None" = None) -> None:
        """Keep the settings; with `settings.sandbox`, a sandbox is started with the desk. `show`: the pages of its approvals."""
        self._show = show
        self._pages: Served | None = None
        self._settings = settings
        self._desk: Desk | None = None
        self._until_closed = ExitStack()
        self._opening = anyio.Lock()

    async def open(self, request: object = None, account: str | None = None) -> "Desk":
        """The desk; over standard input there is one for every request."""
        async with self._opening:
            if self._desk is None:
                self._desk = await anyio.to_thread.run_sync(self._opened)
        return self._desk

    def _opened(self) -> "Desk":
        from ix_tools.pipeline.execute import Desk

        desk = Desk.open(self._until_closed.enter_context(with_sandbox_started(self._settings)))
        if self._show is not None:
            desk.pages = self._pages = self._show(desk)
        return desk

    async def close(self) -> None:
        """Close what was opened."""
        if self._pages is not None:
            await anyio.to_thread.run_sync(self._pages.close)
        if self._desk is not None:
            await self._desk.close()
        await anyio.to_thread.run_sync(self._until_closed.close)


@asynccontextmanager
async def desk_of(settings: Settings, show: "Show | None" = None) -> AsyncIterator[LazyDesk]:
    """A desk that is closed at the end, whatever happens."""
    desk = LazyDesk(settings, show)
    try:
        yield desk
    finally:
        with anyio.CancelScope(shield=True):
            await desk.close()


def arguments() -> argparse.ArgumentParser:
    """The options of `serve`. Not click: it would cost every start of every host."""
    parser = argparse.ArgumentParser(
        prog="ix-tools serve",
        description="Run the MCP server over standard input and output; with --http, the HTTP server "
        "(`ix-tools serve --http --help`).",
    )
    add_options(parser)
    add_choice(parser)
    return parser


def add_choice(parser: argparse.ArgumentParser) -> None:
    """The options that choose which tools are listed and which are carried out; `narrowed` reads them."""
    parser.add_argument(
        "--toolsets",
        type=listed,
        help="what to list, by commas: core, invoices, guides, ... or all (`ix-tools tools` shows them; default: core)",
    )
    parser.add_argument(
        "--tools", type=listed, help="single tools to list, by commas: besides those toolsets, or alone"
    )
    parser.add_argument(
        "--exclude", type=listed, default=[], help="tools that are neither listed nor carried out, by commas"
    )
    parser.add_argument(
        "--read-only", action="store_true", help="what writes is not listed, and refused when it is called"
    )


def main(argv: Sequence[str], show: "Show | None" = None) -> int:
    """Run until the host closes standard input; 2 when the settings do not allow a start.

    `show`: whoever shows the pages of a desk's approvals on this machine.
    """
    options = arguments().parse_args(argv)
    try:
        settings = with_sandbox_options(narrowed(load(), options), options.sandbox, options.sandbox_file)
        if not settings.sandbox:
            settings.require_account()
        if settings.policy is not None:
            from ix_tools.policy.file import PolicyFile

            PolicyFile(settings.policy).rules()
    except SettingsError as wrong:
        for problem in wrong.problems:
            print(f"{problem.field}: {problem.problem}", file=sys.stderr)
        print(f"{wrong.message} {wrong.next}", file=sys.stderr)
        return 2
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LegibleFormatter("%(levelname)s %(name)s: %(message)s"))
    # Nobody else's handler sees the lines.
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    return anyio.run(_serve, settings, show)


def narrowed(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings with what the options say: another list, or less that may be done, never more."""
    named = options.toolsets is not None or options.tools is not None
    return settings.model_copy(
        update={
            "toolsets": tuple(options.toolsets or ()) if named else settings.toolsets,
            "tools": tuple(options.tools or ()) if named else settings.tools,
            "exclude": (*settings.exclude, *options.exclude),
            "read_only": settings.read_only or options.read_only,
        }
    )


async def _serve(settings: Settings, show: "Show | None") -> int:
    # After the settings: a wrong one is said at once, and reading their docstrings is cheaper before the SDK is there.
    from mcp.server.stdio import stdio_server

    from ix_tools.interfaces.mcp.incoming import WithUnreadableAnswers
    from ix_tools.interfaces.mcp.server import build, choice_of, chosen
    from ix_tools.schemas.listing import UnknownName
    from ix_tools.telemetry import suppress_for_process

    suppress_for_process()
    try:
        tools = chosen(choice_of(settings))
    except UnknownName as wrong:
        print(f"Nothing was started: {wrong}.", file=sys.stderr)
        return 2
    async with desk_of(settings, show) as desk, stdio_server() as (incoming, outgoing):
        server: Any = build(desk.open, tools)
        # What was loaded to start lives as long as the process: collecting it again and again only costs pauses.
        gc.freeze()
        gc.enable()
        await server.run(WithUnreadableAnswers(incoming), outgoing, server.create_initialization_options())
    return 0
