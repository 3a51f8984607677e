"""Start a chat process: `ix-tools chat slack` or `ix-tools chat telegram`."""

import argparse
import logging
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import anyio

from ix_tools.api_client.client import KEY_PLACEHOLDER, compile_key_pattern
from ix_tools.config.extras import require_extra
from ix_tools.config.loading import detect_language, load_settings
from ix_tools.config.sandbox_choice import add_options, apply_sandbox_options, run_chosen_sandbox
from ix_tools.config.settings import Settings
from ix_tools.error_codes import Exit
from ix_tools.errors import IxError, Problem, SettingsError
from ix_tools.i18n.messages import message
from ix_tools.telemetry import suppress_for_process
from ix_tools.text.sanitize import SanitizingFormatter

if TYPE_CHECKING:
    from ix_tools.interfaces.chat.runtime import RunningAdapter

PORT = 8757
"""The default port for Slack's signed requests."""
NOISY = ("httpx", "httpcore", "telegram", "apscheduler", "slack_bolt", "slack_sdk", "aiohttp", "websockets")
"""Libraries whose loggers print addresses with tokens in them, or every message."""


def build_parser() -> argparse.ArgumentParser:
    """Build the options of `chat`."""
    parser = argparse.ArgumentParser(
        prog="ix-tools chat", description="Take commands and show approvals in Slack or Telegram."
    )
    parser.add_argument("platform", choices=["slack", "telegram"], help="the chat")
    parser.add_argument(
        "--account", default="", help="account that the chat is for, where the settings name several"
    )
    parser.add_argument(
        "--room",
        default="",
        help="conversation for all approval cards, of requests through other programs too (default: the one of the command)",
    )
    parser.add_argument(
        "--manifest", action="store_true", help="print the manifest of the Slack app to paste, and end"
    )
    parser.add_argument(
        "--http", action="store_true", help="Slack: signed requests on a port instead of Socket Mode"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on with --http")
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"port to listen on with --http (default {PORT})"
    )
    parser.add_argument(
        "--api-url", default="", help="address of another API than the platform's own, for tests"
    )
    add_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run until SIGTERM or Ctrl-C. Return 2 if the settings do not allow a start."""
    parser = build_parser()
    if {"-h", "--help"} & {*argv}:
        from ix_tools.i18n.parser_help import translate_parser

        translate_parser(parser, detect_language())
    options = parser.parse_args(argv)
    if options.manifest:
        return _print_manifest(options)
    with ExitStack() as until_the_end:
        try:
            settings = apply_sandbox_options(load_settings(), options.sandbox, options.sandbox_file)
            adapter = _build_adapter(settings, options)
            settings = until_the_end.enter_context(run_chosen_sandbox(settings))
            _configure_logging(settings)
            suppress_for_process()
            return _run(settings, options, adapter)
        except IxError as wrong:
            print(wrong.format_for_person(detect_language()), file=sys.stderr)
            return Exit.USAGE


def _print_manifest(options: argparse.Namespace) -> int:
    from ix_tools.interfaces.chat.slack.manifest import format_manifest

    address = f"https://{options.host}/slack/events" if options.http else ""
    print(format_manifest(address))
    return Exit.OK


def _build_adapter(settings: Settings, options: argparse.Namespace) -> "RunningAdapter":
    if options.platform == "telegram":
        require_extra("telegram")
        _require_secrets(settings, "telegram_bot_token")
        from ix_tools.interfaces.chat.telegram.adapter import API_URL as TELEGRAM_URL
        from ix_tools.interfaces.chat.telegram.adapter import TelegramAccess, TelegramAdapter

        token = settings.telegram_bot_token.get_secret_value()
        return TelegramAdapter(TelegramAccess(token, options.api_url or TELEGRAM_URL, settings.language))
    require_extra("slack")
    _require_secrets(
        settings, "slack_bot_token", "slack_signing_secret" if options.http else "slack_app_token"
    )
    from ix_tools.interfaces.chat.slack.adapter import API_URL, SlackAccess, SlackAdapter

    return SlackAdapter(
        SlackAccess(
            settings.slack_bot_token.get_secret_value(),
            settings.slack_app_token.get_secret_value(),
            settings.slack_signing_secret.get_secret_value(),
            options.host,
            options.port if options.http else 0,
            options.api_url or API_URL,
        )
    )


def _require_secrets(settings: Settings, *names: str) -> None:
    missing = [name for name in names if not getattr(settings, name).get_secret_value()]
    if missing:
        raise SettingsError(
            message("The chat cannot be reached without its tokens."),
            problems=[Problem(f"INVOICEXPRESS_{name.upper()}", message("is not set")) for name in missing],
            next=message(
                "set them in the environment or in the settings file (docs/guides/chat.md says where they are from)"
            ),
        )


class SecretFilter(logging.Filter):
    """Removes tokens, keys and passwords from all log records, also those of libraries."""

    def __init__(self, settings: Settings) -> None:
        """Remember the secrets that are set."""
        super().__init__()
        self._secrets = [compile_key_pattern(one) for one in settings.list_secrets() if len(one) > 5]

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the secrets in a record; always let it pass."""
        record.msg, record.args = self._redact(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = self._redact(logging.Formatter().formatException(record.exc_info))
        return True

    def _redact(self, text: str) -> str:
        raw = text.encode("utf-8", "replace")
        for plain, key in self._secrets:
            if plain in raw:
                raw = key.sub(KEY_PLACEHOLDER, raw)
        return raw.decode("utf-8", "replace")


def _configure_logging(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SanitizingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(SecretFilter(settings))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _run(settings: Settings, options: argparse.Namespace, adapter: "RunningAdapter") -> int:
    from ix_tools.interfaces.chat.runtime import build_runtime, choose_account, serve

    account = choose_account(settings, options.account)
    runtime = build_runtime(settings, adapter, account, room=options.room)

    def say_started() -> None:
        print(f"ix-tools listens in {options.platform} for {account}", file=sys.stderr, flush=True)

    async def run_until_signal() -> None:
        import signal

        from ix_tools.interfaces.signals import receive_signals

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve, runtime, adapter, say_started)
            with receive_signals(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    tasks.cancel_scope.cancel()
                    return

    anyio.run(run_until_signal)
    return Exit.OK
