"""`ix-tools serve --http`: the server on a port, in one process or several, until it is told to end."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from urllib.parse import urlsplit

from ix_tools.auth.tokens import Tokens
from ix_tools.config.sandbox_choice import add_options, with_sandbox_options, with_sandbox_started
from ix_tools.config.settings import Settings, is_loopback, load
from ix_tools.errors import Exit, IxError, Problem, SettingsError
from ix_tools.interfaces.mcp.server import choice_of, chosen
from ix_tools.interfaces.mcp.stdio import add_choice, narrowed
from ix_tools.interfaces.server import json_logs
from ix_tools.interfaces.server.workers import address_of, listening, run
from ix_tools.pipeline.context import store_of
from ix_tools.policy.file import PolicyFile
from ix_tools.schemas.listing import UnknownName

log = logging.getLogger(__name__)

PORT = 8756


def arguments() -> argparse.ArgumentParser:
    """The options of `serve --http`."""
    parser = argparse.ArgumentParser(prog="ix-tools serve --http", description="Run the HTTP server.")
    parser.add_argument("--http", action="store_true", help="over HTTP instead of standard input and output")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"port to listen on (default {PORT}; 0: any)")
    parser.add_argument(
        "--workers", type=int, default=1, help="how many processes share the port (default 1)"
    )
    add_options(parser)
    add_choice(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or Ctrl-C; 2 when the settings do not allow a start."""
    options = arguments().parse_args(argv)
    with ExitStack() as until_the_end:
        try:
            settings = _settings(options, until_the_end)
            needed = _caller_needed(settings, options.host)
            sockets = listening(options.host, options.port, options.workers)
            for sock in sockets:
                until_the_end.callback(sock.close)
            address = settings.public_url or address_of(options.host, sockets[0])
        except IxError as wrong:
            for problem in wrong.problems:
                print(f"{problem.field}: {problem.problem}", file=sys.stderr)
            print(f"{wrong.message} {wrong.next}", file=sys.stderr)
            return Exit.USAGE
        json_logs.to_standard_error(settings)
        _warn(settings, needed)
        print(f"ix-tools listens on {address_of(options.host, sockets[0])}", file=sys.stderr, flush=True)
        run(settings, address, needed, options.workers, sockets)
    return Exit.OK


def _settings(options: argparse.Namespace, until_the_end: ExitStack) -> Settings:
    settings = with_sandbox_options(narrowed(load(), options), options.sandbox, options.sandbox_file)
    try:
        chosen(choice_of(settings))
    except UnknownName as wrong:
        raise SettingsError(f"{wrong}.", next="correct the names, or leave them out") from None
    if settings.policy is not None:
        PolicyFile(settings.policy).rules()
    if options.workers < 1:
        raise SettingsError("--workers is a whole number from 1.", next="leave it out for one process")
    if not settings.accounts and not settings.sandbox:
        settings.require_account()
    return until_the_end.enter_context(with_sandbox_started(settings))


def _caller_needed(settings: Settings, host: str) -> bool:
    """Whether callers must say who they are; a server that others can reach does not start without a way to."""
    known = bool(settings.oauth_issuer) or _tokens(settings, Tokens.any_made)
    beyond = not is_loopback(host) or not _is_here(settings.public_url)
    if not beyond:
        return known
    missing = []
    if not known:
        missing.append(
            Problem(
                "oauth_issuer",
                "is not set, and there is no token: anybody who reaches this server could issue invoices",
            )
        )
    if not settings.public_url:
        missing.append(
            Problem("public_url", "is not set: the server must know under which name it is reached")
        )
    if missing:
        raise SettingsError(
            f"The server does not listen on {host} like this.",
            problems=missing,
            next="make a token with `ix-tools tokens create`, or set INVOICEXPRESS_OAUTH_ISSUER and "
            "INVOICEXPRESS_OAUTH_KEYS_URL; set INVOICEXPRESS_PUBLIC_URL",
        )
    return True


def _is_here(url: str) -> bool:
    return not url or is_loopback(urlsplit(url).hostname or "")


def _tokens(settings: Settings, said: Callable[[Tokens], bool]) -> bool:
    store = store_of(settings)
    try:
        return said(Tokens(store))
    finally:
        store.close()


def _warn(settings: Settings, needed: bool) -> None:
    """Say on standard error what whoever starts the server may not expect."""
    if not needed:
        log.warning(
            "nobody is asked who they are: any program of any user of this machine can call this server, with every scope; "
            "`ix-tools tokens create NAME` ends that at once"
        )
    elif not settings.oauth_issuer and not _tokens(settings, Tokens.any_usable):
        log.warning(
            "every token is revoked or expired, so every caller is refused until there is one again: "
            "`ix-tools tokens create NAME`"
        )
