"""Run the MCP server over standard input and output (`ix-tools serve`); only protocol is written to standard output."""

import argparse
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import anyio

from ix_tools.config.sandbox_choice import add_options, apply_sandbox_options, run_chosen_sandbox
from ix_tools.config.settings import Settings, detect_language, load_settings, split_list
from ix_tools.errors import SettingsError
from ix_tools.text.sanitize import SanitizingFormatter

if TYPE_CHECKING:
    from ix_tools.approvals.links import PageHost
    from ix_tools.pipeline.execute import CallContext

    class ServedPages(PageHost, Protocol):
        """Approval pages that this process serves until they are closed."""

        def close(self) -> None:
            """Stop serving them."""

    ShowPages = Callable[[CallContext], ServedPages]


class LazyContext:
    """Opens the call context at the first call that needs it, so that starting the server contacts nobody."""

    def __init__(self, settings: Settings, show: "ShowPages | None" = None) -> None:
        """Keep the settings. `show` creates the approval pages; with `settings.sandbox`, the context starts a sandbox."""
        self._show_pages = show
        self._pages: ServedPages | None = None
        self._settings = settings
        self._context: CallContext | None = None
        self._until_closed = ExitStack()
        self._opening = anyio.Lock()

    async def open(self, request: object = None, account: str | None = None) -> "CallContext":
        """Return the context; over stdio all requests share one."""
        async with self._opening:
            if self._context is None:
                self._context = await anyio.to_thread.run_sync(self._open_context)
        return self._context

    def _open_context(self) -> "CallContext":
        from ix_tools.pipeline.execute import CallContext

        context = CallContext.open(self._until_closed.enter_context(run_chosen_sandbox(self._settings)))
        if self._show_pages is not None:
            context.page_host = self._pages = self._show_pages(context)
        return context

    async def close(self) -> None:
        """Close the pages, the context and the sandbox, if they were opened."""
        if self._pages is not None:
            await anyio.to_thread.run_sync(self._pages.close)
        if self._context is not None:
            await self._context.close()
        await anyio.to_thread.run_sync(self._until_closed.close)


@asynccontextmanager
async def open_lazy_context(
    settings: Settings, show: "ShowPages | None" = None
) -> AsyncIterator[LazyContext]:
    """Open a lazy context, and close it at the end in every case."""
    context = LazyContext(settings, show)
    try:
        yield context
    finally:
        with anyio.CancelScope(shield=True):
            await context.close()


def build_parser() -> argparse.ArgumentParser:
    """Build the options of `serve`. Not with click, which would slow down every start of every host."""
    parser = argparse.ArgumentParser(
        prog="ix-tools serve",
        description="Run the MCP server over standard input and output; with --http, the HTTP server "
        "(`ix-tools serve --http --help`).",
    )
    add_options(parser)
    add_tool_options(parser)
    return parser


def add_tool_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose which tools are listed and which may run; `apply_options` reads them."""
    parser.add_argument(
        "--toolsets",
        type=split_list,
        help="toolsets to list, separated by commas: core, invoices, guides, ... or all (`ix-tools tools` shows them; default: core)",
    )
    parser.add_argument(
        "--tools",
        type=split_list,
        help="single tools to list, separated by commas: in addition to the toolsets, or alone",
    )
    parser.add_argument(
        "--exclude",
        type=split_list,
        default=[],
        help="tools that are neither listed nor run, separated by commas",
    )
    parser.add_argument("--read-only", action="store_true", help="neither list nor run tools that write")


def main(argv: Sequence[str], show: "ShowPages | None" = None) -> int:
    """Run until the host closes standard input. Return 2 if the settings do not allow a start.

    Args:
        show: creates the approval pages that this machine serves.
    """
    options = build_parser().parse_args(argv)
    try:
        settings = apply_sandbox_options(
            apply_options(load_settings(), options), options.sandbox, options.sandbox_file
        )
        if not settings.sandbox:
            settings.require_account()
        if settings.policy is not None:
            from ix_tools.policy.file import PolicyFile

            PolicyFile(settings.policy).load_rules()
    except SettingsError as wrong:
        print(wrong.format_for_person(detect_language()), file=sys.stderr)
        return 2
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SanitizingFormatter("%(levelname)s %(name)s: %(message)s"))
    # Other handlers would write the lines unsanitized.
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    return anyio.run(_serve, settings, show)


def apply_options(settings: Settings, options: argparse.Namespace) -> Settings:
    """Return the settings changed by the options: another list, or fewer permissions, never more."""
    named = options.toolsets is not None or options.tools is not None
    return settings.model_copy(
        update={
            "toolsets": tuple(options.toolsets or ()) if named else settings.toolsets,
            "tools": tuple(options.tools or ()) if named else settings.tools,
            "exclude": (*settings.exclude, *options.exclude),
            "read_only": settings.read_only or options.read_only,
        }
    )


async def _serve(settings: Settings, show: "ShowPages | None") -> int:
    # Imported after the settings: a wrong setting is reported at once, and their docstrings are read faster without the SDK.
    from mcp.server.stdio import stdio_server

    from ix_tools.interfaces.mcp.incoming import TolerantReadStream
    from ix_tools.interfaces.mcp.server import build_server, choice_from_settings, list_chosen_tools
    from ix_tools.schemas.tool_selection import UnknownName
    from ix_tools.telemetry import suppress_for_process

    suppress_for_process()
    try:
        tools = list_chosen_tools(choice_from_settings(settings))
    except UnknownName as wrong:
        print(f"Nothing was started: {wrong}.", file=sys.stderr)
        return 2
    async with open_lazy_context(settings, show) as context, stdio_server() as (incoming, outgoing):
        server: Any = build_server(context.open, tools, settings.language)
        # Objects loaded at start live as long as the process; collecting them repeatedly would only cost pauses.
        gc.freeze()
        gc.enable()
        await server.run(TolerantReadStream(incoming), outgoing, server.create_initialization_options())
    return 0
