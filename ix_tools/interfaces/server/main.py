"""Run the HTTP server on a port, in one process or several (`ix-tools serve --http`)."""

import argparse
import logging
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ix_tools.auth.people import People
from ix_tools.auth.tokens import Tokens
from ix_tools.config.extras import require_extra
from ix_tools.config.launch_command import format_launch_command
from ix_tools.config.loading import detect_language, load_settings
from ix_tools.config.sandbox_choice import add_options, apply_sandbox_options, run_chosen_sandbox
from ix_tools.config.setting_checks import is_loopback
from ix_tools.config.settings import SANDBOX_ACCOUNT, Settings
from ix_tools.error_codes import Exit
from ix_tools.errors import IxError, Problem, SettingsError, StoreUnavailable
from ix_tools.i18n.messages import message
from ix_tools.interfaces.mcp.stdio import add_tool_options, apply_options
from ix_tools.interfaces.server import json_logs
from ix_tools.interfaces.server.workers import (
    StopRequest,
    build_local_url,
    open_other_loopback,
    open_sockets,
    run_server,
)
from ix_tools.pipeline.context import create_store
from ix_tools.policy.file import PolicyFile
from ix_tools.schemas.rendered_lists import choice_from_settings, list_chosen_tools
from ix_tools.schemas.tool_selection import UnknownName

log = logging.getLogger(__name__)

PORT = 8756
SANDBOX_PERSON = "sandbox"
"""Whom the sandbox invites at its start, so that there is somebody to sign in as. This person sees the sandbox only: the store
may be the one that real accounts use.
"""


def build_parser() -> argparse.ArgumentParser:
    """Build the options of `serve --http`."""
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
    add_tool_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or Ctrl-C. Return 2 if the settings do not allow a start."""
    parser = build_parser()
    if {"-h", "--help"} & {*argv}:
        from ix_tools.i18n.parser_help import translate_parser

        translate_parser(parser, detect_language())
    options = parser.parse_args(argv)
    with ExitStack() as until_the_end:
        try:
            require_extra("server")
            settings = _load_settings(options, until_the_end)
            needed = _requires_authentication(settings, options.host)
            sockets = open_sockets(options.host, options.port, options.workers)
            for sock in sockets:
                until_the_end.callback(sock.close)
            others = open_other_loopback(options.host, sockets)
            for sock in others or ():
                until_the_end.callback(sock.close)
            address = settings.public_url or build_local_url(options.host, sockets[0])
            people_address = find_people_address(address, owns_loopback=others is not None)
        except IxError as wrong:
            print(wrong.format_for_person(detect_language()), file=sys.stderr)
            return Exit.USAGE
        # From here on whoever started the server may tell it to end.
        stop = until_the_end.enter_context(StopRequest().listening())
        json_logs.configure_logging(settings)
        _warn_about_access(settings, needed)
        print(f"ix-tools listens on {build_local_url(options.host, sockets[0])}", file=sys.stderr, flush=True)
        _announce_people(settings, people_address)
        create = partial(_create_application, settings, address, people_address, needed)
        run_server(create, settings, options.workers, _group_sockets(sockets, others or []), stop)
    return Exit.OK


def _create_application(settings: Settings, address: str, people_address: str, needed: bool) -> Any:
    from ix_tools.interfaces.server.app import build_application

    return build_application(settings, address, requires_authentication=needed, people_address=people_address)


def _group_sockets(
    sockets: Sequence[socket.socket], others: Sequence[socket.socket]
) -> list[list[socket.socket]]:
    """Group the sockets by worker."""
    return [[sock, *others[number : number + 1]] for number, sock in enumerate(sockets)]


def find_people_address(address: str, *, owns_loopback: bool) -> str:
    """Return the address under which people sign in; empty if they cannot.

    Browsers use passkeys over HTTPS and at `localhost`, whose two addresses must both be ours.
    """
    parts = urlsplit(address)
    if parts.scheme == "https":
        return address
    if not is_loopback(parts.hostname or "") or not owns_loopback:
        return ""
    return f"http://localhost:{parts.port}" if parts.port else "http://localhost"


def _announce_people(settings: Settings, people_address: str) -> None:
    """Print where people sign in; in the sandbox, with an invitation for somebody to sign in as."""
    if not people_address:
        log.info("nobody can sign in: the address is neither HTTPS nor this machine's alone")
        return
    print(f"People sign in at {people_address}/inbox", file=sys.stderr, flush=True)
    if not settings.sandbox:
        return
    store = create_store(settings)
    try:
        people = People(store)
        by = f"page:{SANDBOX_PERSON}"
        people.add(SANDBOX_PERSON, "approver", (SANDBOX_ACCOUNT,), by)
        secret, _ = people.invite(SANDBOX_PERSON, by)
    except StoreUnavailable as trouble:
        log.warning("nobody could be invited: %s", trouble)
    else:
        link = f"{people_address}/inbox/invitation/{secret}"
        print(f"To sign in, add a passkey within 15 minutes: {link}", file=sys.stderr, flush=True)
    finally:
        store.close()


def _load_settings(options: argparse.Namespace, until_the_end: ExitStack) -> Settings:
    settings = apply_sandbox_options(
        apply_options(load_settings(), options), options.sandbox, options.sandbox_file
    )
    try:
        list_chosen_tools(choice_from_settings(settings))
    except UnknownName as wrong:
        raise SettingsError(
            message("{problem}.", problem=wrong.problem), next=message("correct the names, or leave them out")
        ) from None
    if settings.policy is not None:
        PolicyFile(settings.policy).load_rules()
    if options.workers < 1:
        raise SettingsError(
            message("--workers is a whole number from 1."), next=message("leave it out for one process")
        )
    if not settings.accounts and not settings.sandbox:
        settings.require_account()
    return until_the_end.enter_context(run_chosen_sandbox(settings))


def _requires_authentication(settings: Settings, host: str) -> bool:
    """Return whether callers must authenticate; refuse to start a reachable server where they could not."""
    known = bool(settings.oauth_issuer) or _query_tokens(settings, Tokens.has_tokens)
    beyond = not is_loopback(host) or not _is_local_url(settings.public_url)
    if not beyond:
        return known
    missing = []
    if not known:
        missing.append(
            Problem(
                "oauth_issuer",
                message(
                    "is not set, and there is no token: anybody who reaches this server could issue invoices"
                ),
            )
        )
    if not settings.public_url:
        missing.append(Problem("public_url", message("is not set: the server must know its public address")))
    if missing:
        raise SettingsError(
            message(
                "The server does not start on {host}, because callers could not authenticate or reach it.",
                host=host,
            ),
            problems=missing,
            next=message(
                "create a token with `{command}`, or set INVOICEXPRESS_OAUTH_ISSUER and "
                "INVOICEXPRESS_OAUTH_KEYS_URL; set INVOICEXPRESS_PUBLIC_URL",
                command=format_launch_command("tokens", "create"),
            ),
        )
    return True


def _is_local_url(url: str) -> bool:
    return not url or is_loopback(urlsplit(url).hostname or "")


def _query_tokens(settings: Settings, said: Callable[[Tokens], bool]) -> bool:
    store = create_store(settings)
    try:
        return said(Tokens(store))
    finally:
        store.close()


def _warn_about_access(settings: Settings, needed: bool) -> None:
    """Warn on standard error about access that the operator may not expect."""
    if not needed:
        log.warning(
            "callers are not authenticated: any program of any user of this machine can call this server, with every scope; "
            "`%s` turns authentication on at once",
            format_launch_command("tokens", "create", "NAME"),
        )
    elif not settings.oauth_issuer and not _query_tokens(settings, Tokens.has_usable_tokens):
        log.warning(
            "every token is revoked or expired, so every caller is refused; create one with `%s`",
            format_launch_command("tokens", "create", "NAME"),
        )
