"""`ix-tools serve`: the MCP server over standard input and output. Nothing but protocol is ever written to standard output."""

import argparse
import gc
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from ix_tools.errors import SettingsError
from ix_tools.settings import Settings, for_sandbox, load

if TYPE_CHECKING:
    from ix_tools.perform import Desk
    from ix_tools.sandbox.server import Sandbox


class LazyDesk:
    """The desk, opened at the first call that needs it: starting the server contacts nobody."""

    def __init__(self, settings: Settings, sandbox_file: Path | None = None) -> None:
        """Keep the settings; with `settings.sandbox`, a sandbox is started with the desk."""
        self._settings = settings
        self._sandbox_file = sandbox_file
        self._desk: Desk | None = None
        self._box: Sandbox | None = None
        self._opening = anyio.Lock()

    async def open(self) -> "Desk":
        """The desk."""
        async with self._opening:
            if self._desk is None:
                self._desk = await anyio.to_thread.run_sync(self._opened)
        return self._desk

    def _opened(self) -> "Desk":
        from ix_tools.perform import Desk

        settings = self._settings
        if settings.sandbox:
            from ix_tools.sandbox.server import Sandbox

            self._box = Sandbox(db=self._sandbox_file, language=settings.language)
            self._box.__enter__()
            settings = for_sandbox(settings, self._box.base_url, self._box.api_key)
        return Desk.open(settings)

    async def close(self) -> None:
        """Close what was opened."""
        if self._desk is not None:
            await self._desk.close()
        if self._box is not None:
            await anyio.to_thread.run_sync(self._box.__exit__, None, None, None)


@asynccontextmanager
async def desk_of(settings: Settings, sandbox_file: Path | None = None) -> AsyncIterator[LazyDesk]:
    """A desk that is closed at the end, whatever happens."""
    desk = LazyDesk(settings, sandbox_file)
    try:
        yield desk
    finally:
        with anyio.CancelScope(shield=True):
            await desk.close()


def arguments() -> argparse.ArgumentParser:
    """The options of `serve`. Not click: it would cost every start of every host."""
    parser = argparse.ArgumentParser(
        prog="ix-tools serve", description="Run the MCP server over standard input and output."
    )
    parser.add_argument(
        "--sandbox", action="store_true", help="use the built-in sandbox instead of an account"
    )
    parser.add_argument(
        "--sandbox-file",
        type=Path,
        help="keep the sandbox's data in this SQLite file (default: forgotten at the end)",
    )
    parser.add_argument(
        "--toolsets",
        help="what to list, by commas: core, invoices, guides, ... or all (`ix-tools tools` shows them)",
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Run until the host closes standard input; 2 when the settings do not allow a start."""
    options = arguments().parse_args(argv)
    try:
        settings = load()
        if options.sandbox:
            settings = settings.model_copy(update={"sandbox": True})
        else:
            settings.require_account()
        if settings.policy is not None:
            from ix_tools.policy.file import (
                PolicyFile,  # reads the catalogue: only for those who have a policy
            )

            PolicyFile(settings.policy).rules()
    except SettingsError as wrong:
        for problem in wrong.problems:
            print(f"{problem.field}: {problem.problem}", file=sys.stderr)
        print(f"{wrong.message} {wrong.next}", file=sys.stderr)
        return 2
    logging.basicConfig(
        stream=sys.stderr, level=settings.log_level, format="%(levelname)s %(name)s: %(message)s"
    )
    toolsets = [one.strip() for one in options.toolsets.split(",")] if options.toolsets else settings.toolsets
    return anyio.run(_serve, settings, options.sandbox_file, toolsets)


async def _serve(settings: Settings, sandbox_file: Path | None, toolsets: Sequence[str]) -> int:
    # After the settings: a wrong one is said at once, and reading their docstrings is cheaper before the SDK is there.
    from mcp.server.stdio import stdio_server

    from ix_tools.faces.mcp.server import UnknownToolset, build, chosen

    try:
        tools = chosen(toolsets) if toolsets else None
    except UnknownToolset as wrong:
        print(f"toolsets: {wrong}", file=sys.stderr)
        return 2
    async with desk_of(settings, sandbox_file) as desk, stdio_server() as (incoming, outgoing):
        server: Any = build(desk.open, tools)
        # What was loaded to start lives as long as the process: collecting it again and again only costs pauses.
        gc.freeze()
        gc.enable()
        await server.run(incoming, outgoing, server.create_initialization_options())
    return 0
