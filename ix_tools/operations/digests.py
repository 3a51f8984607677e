"""Versioned digests of calls and of approved content.

    v2:q0uU…    version 2, then SHA-256 in base64url        64 hexadecimal digits    version 1, which had no mark

A call gets another digest as soon as it is serialized differently: a field renamed, a default added. Then:
raise the version here, keep the old form in `_CALL_FORMS` while it can be computed, and record the new digests in
tests/catalogue/call_digests.json, whose test fails until this is done. A digest of a form that is no longer computed is
refused with an explanation; it is neither taken for another call nor sent again.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from ix_tools.domain.date_types import is_relative_date
from ix_tools.operations.base import Operation

CALL_VERSION = 2
"""Version of the form by which the journal recognises a repeated call."""
APPROVAL_VERSION = 2
"""Version of the form of arguments and snapshot that an approval is bound to."""
TRACE_VERSION = 1
"""Version of the trace by which the journal later detects whether a call took effect."""


def hash_content(content: Any) -> str:
    """Hash content in hexadecimal; the order of keys does not matter."""
    return _sha256(content).hex()


def read_version(digest: str) -> int:
    """Return the version that a digest was computed by."""
    mark, colon, _ = digest.partition(":")
    return int(mark[1:]) if colon and mark[1:].isdecimal() else 1


def digest_approval(content: Any) -> str:
    """Return the digest of the content that an approval is bound to."""
    return _prefix_version(APPROVAL_VERSION, content)


def is_current_approval(digest: str) -> bool:
    """Return True if an approval's digest has the current form."""
    return read_version(digest) == APPROVAL_VERSION


def digest_call(call: Operation[Any], arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the digests of a call in every form that can be computed, the current one first."""
    return tuple(form(call, arguments) for _, form in sorted(_CALL_FORMS.items(), reverse=True))


def can_compare(digest: str) -> bool:
    """Return True if a digest has a form that is still computed, so that a different digest means a different call."""
    return read_version(digest) in _CALL_FORMS


def _serialize_call(call: Operation[Any], arguments: Mapping[str, Any]) -> list[Any]:
    # `clear` is in the fields that it empties. Parameters that were not given are left out, so that a later version with one more still recognises the call.
    given = call.model_dump(mode="json", exclude={"idempotency_key", "accept", "clear"}, exclude_none=True)
    return [call.spec.name, {**given, **_find_relative_dates(arguments)}]


def _find_relative_dates(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return relative dates as written (`today`, `+30d`), so that a call repeated after midnight is the same call."""
    texts = {name: value.strip().lower() for name, value in arguments.items() if isinstance(value, str)}
    return {name: text for name, text in texts.items() if "date" in name and is_relative_date(text)}


_CALL_FORMS: dict[int, Callable[[Operation[Any], Mapping[str, Any]], str]] = {
    1: lambda call, arguments: hash_content(_serialize_call(call, arguments)),
    2: lambda call, arguments: _prefix_version(2, _serialize_call(call, arguments)),
}
"""Serializations by version. One is kept for as long as the journal keeps keys of it and it can be computed."""


def _prefix_version(version: int, content: Any) -> str:
    return f"v{version}:{urlsafe_b64encode(_sha256(content)).rstrip(b'=').decode()}"


def _sha256(content: Any) -> bytes:
    written = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(written.encode()).digest()
