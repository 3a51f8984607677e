"""Compare a document, client or series as it is with how it was shown, by exclusion: everything is equal but what is named here.

What may differ is what the transition itself sets, and what InvoiceXpress is known to vary between two reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ix_tools.legible import visible

SET_BY_TRANSITION: Mapping[str, frozenset[str]] = {
    # Number, ATCUD and the signature's four characters exist only after finalizing; so does what is made from them: the
    # link, the Multibanco reference, the code of a guide (API documentation, document object; DL 28/2019 art. 7).
    "finalized": frozenset(
        {
            "status",
            "sequence_number",
            "inverted_sequence_number",
            "atcud",
            "saft_hash",
            "permalink",
            "mb_reference",
            "at_doc_code_id",
        }
    ),
    "canceled": frozenset({"status", "permalink"}),
    "settled": frozenset({"status", "permalink"}),
    "unsettled": frozenset({"status", "permalink"}),
    "accept": frozenset({"status", "permalink"}),
    "refuse": frozenset({"status", "permalink"}),
}
"""By the word of change_state: the fields of a document that the transition sets."""
APPEARS = frozenset({"sequence_id"})
"""May be there after a transition where nothing was before: a draft of the default series may not name it."""
READ_WITHOUT = frozenset({"name", "value"})
"""A line's tax sometimes reads back with its id alone (observed by integrators; trap 30)."""
OF_A_CLIENT = frozenset({"open_account_link"})
"""A link into the account, printed nowhere; nothing says that it stays the same."""

ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not as it was: its path (`items.0.unit_price`), what it was, what it is."""

    field: str
    before: str
    now: str

    def as_dict(self) -> dict[str, str]:
        """As results and approvals show it."""
        return {"field": self.field, "asked": self.before, "stored": self.now}


def differences_of(
    before: Mapping[str, Any], now: Mapping[str, Any], allowed: frozenset[str] = frozenset()
) -> list[Difference]:
    """Every field that differs, except those allowed at the top level, and those that only then appear."""
    appeared = {name for name in APPEARS if allowed and _is_empty(before.get(name))}
    return [
        Difference(path, _shown(old), _shown(new))
        for path, old, new in _walk("", before, now)
        if path.partition(".")[0] not in allowed | appeared
    ]


def _walk(path: str, before: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*before, *now)):
            old, new = before.get(name, ABSENT), now.get(name, ABSENT)
            if path.endswith(".tax") and name in READ_WITHOUT and (_is_empty(old) or _is_empty(new)):
                continue
            yield from _walk(f"{path}.{name}" if path else str(name), old, new)
    elif isinstance(before, list) and isinstance(now, list):
        if len(before) != len(now):
            yield path, f"{len(before)} rows", f"{len(now)} rows"
        for at, (old, new) in enumerate(zip(before, now, strict=False)):
            yield from _walk(f"{path}.{at}", old, new)
    elif not _equal(before, now):
        yield path, before, now


def _equal(before: Any, now: Any) -> bool:
    if _is_empty(before) and _is_empty(now):
        return True
    if isinstance(before, bool) or isinstance(now, bool) or type(before) is type(now):
        return bool(before == now)
    # One answer writes an id or an amount as a number, another as text; two texts are never read as numbers.
    if isinstance(before, int | float | Decimal) or isinstance(now, int | float | Decimal):
        try:
            return Decimal(str(before)) == Decimal(str(now))
        except InvalidOperation:
            return False
    return bool(before == now)


def _is_empty(value: Any) -> bool:
    return value is ABSENT or value is None or value in ("", [], {})


def _shown(value: Any) -> str:
    if _is_empty(value):
        return "(none)"
    text = visible(str(value))
    return text if len(text) <= 200 else f"{text[:200]}…"
