"""Write logs as one JSON object a line on standard error, without keys, tokens and invisible characters."""

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace

from ix_tools.api_client.client import KEY_PLACEHOLDER, compile_key_pattern
from ix_tools.config.settings import Settings
from ix_tools.text.sanitize import sanitize_all

SECRETS = re.compile(
    r"ixt_[A-Za-z0-9_-]{20,}"  # our own tokens
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # signed tokens
    r"|whsec_[A-Za-z0-9+/_=-]{20,}"  # secrets of webhooks
    r"|(?<=api_key=)[^&\s\"'<>]+"
    r"|(?<=/approve/)[A-Za-z0-9_-]{20,}"  # links to pages of approvals
    r"|(?i:(?<=bearer )[^\s\"',]+)"
    r"|(?<=://)[^/@\s:]+:[^/@\s]+(?=@)"  # a password in an address
)
EXTRA_FIELDS = ("principal", "milliseconds")
"""Fields of a record that are logged beside the message."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object."""

    def __init__(self, keys: Iterable[str]) -> None:
        """Keep the secrets to redact, in every form in which a text may quote them."""
        super().__init__()
        self._keys = [compile_key_pattern(key) for key in keys if key]

    def format(self, record: logging.LogRecord) -> str:
        shown: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.redact(record.getMessage()),
        }
        shown |= {
            name: value for name in EXTRA_FIELDS if (value := getattr(record, name, None)) not in (None, "")
        }
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            shown["trace_id"] = trace.format_trace_id(span.trace_id)
        if record.exc_info:
            shown["traceback"] = self.redact(self.formatException(record.exc_info))
        return json.dumps(sanitize_all(shown), ensure_ascii=False)

    def redact(self, text: str) -> str:
        """Return a text without keys and tokens."""
        raw = text.encode("utf-8", "replace")
        for plain, key in self._keys:
            if plain in raw:
                raw = key.sub(KEY_PLACEHOLDER, raw)
        return SECRETS.sub(KEY_PLACEHOLDER.decode(), raw.decode("utf-8", "replace"))


def configure_logging(settings: Settings) -> None:
    """Send every logger's records to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(settings.list_secrets()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.captureWarnings(True)
    for name in ("uvicorn", "uvicorn.error"):  # its access log stays off, because it shows queries
        quiet = logging.getLogger(name)
        quiet.handlers[:] = []
        quiet.propagate = True
