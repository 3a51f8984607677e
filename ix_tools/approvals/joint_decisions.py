"""Joint decisions: one approval of many documents, with those that the person leaves out and the sum that they type.

The person takes documents out but changes none, and types the total of those that remain, as banks ask for a control sum. The choice is
recorded in the transaction that approves, so nothing else can be approved than what was summed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ix_tools.approvals.models import Approval, Binding
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import Money, message
from ix_tools.operations.digests import digest_approval


@dataclass(frozen=True, slots=True)
class Part:
    """One document of an approval of many."""

    place: int
    """Its place in the list, by which it is left out."""
    total: Decimal
    document: str = ""
    """The document, such as invoices/1001."""
    content: str = ""
    """Digest of what it has before and after it is issued (`domain/issued_content.py`)."""
    calls: tuple[str, ...] = ()
    """Digests of the calls that are approved for it, as `digest_covered_call` makes them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The decision of a person about many documents."""

    control_sum: Decimal | None
    """The total that the person typed; None if it could not be read as an amount."""
    left_out: frozenset[int] = frozenset()


def dump_parts(parts: Sequence[Part]) -> str | None:
    """Return the stored form; None for an approval of one call."""
    rows = [[one.place, str(one.total), one.document, one.content, one.calls] for one in parts]
    return json.dumps(rows) if rows else None


def load_parts(stored: str | None) -> tuple[Part, ...]:
    """Read the stored form."""
    return tuple(_load_part(*one) for one in json.loads(stored)) if stored else ()


def _load_part(
    place: int, total: str, document: str = "", content: str = "", calls: Sequence[str] = ()
) -> Part:
    return Part(place, Decimal(total), document, content, tuple(calls))


def digest_covered_call(binding: Binding) -> str:
    """Return the digest of a call that an approval of many documents covers."""
    return digest_approval([binding.operation, binding.arguments, binding.snapshot])


def dump_choice(choice: Choice | None) -> str | None:
    """Return the stored form."""
    if choice is None:
        return None
    return json.dumps({"control_sum": str(choice.control_sum), "left_out": sorted(choice.left_out)})


def load_left_out(stored: str | None) -> frozenset[int]:
    """Return the places of the documents that were left out."""
    return frozenset(json.loads(stored)["left_out"]) if stored else frozenset()


def sum_remaining(parts: Sequence[Part], left_out: frozenset[int]) -> Decimal:
    """Return the total of the documents that remain."""
    return sum((one.total for one in parts if one.place not in left_out), Decimal(0))


def parse_control_sum(text: str) -> Decimal | None:
    """Read a sum as people type it: 12345.67, 12.345,67, 12 345,67 €; None if it is no amount."""
    compact = "".join(text.split()).replace("€", "").replace("\u00a0", "")
    if "," in compact and compact.rfind(",") > compact.rfind("."):
        compact = compact.replace(".", "").replace(",", ".")
    else:
        compact = compact.replace(",", "")
    try:
        found = Decimal(compact)
    except InvalidOperation:
        return None
    return found if compact.isascii() and found.is_finite() else None


def require_choice(found: Approval, choice: Choice | None) -> None:
    """Check the choice for an approval of many documents; one of a single call needs none.

    Raises:
        ApprovalRefused: it cannot be approved with this choice.
    """
    fault = _find_choice_fault(found, choice)
    if fault is not None:
        raise fault


def _find_choice_fault(found: Approval, choice: Choice | None) -> ApprovalRefused | None:
    parts = load_parts(found.parts)
    if not parts:
        return None
    remaining = sum_remaining(parts, choice.left_out if choice else frozenset())
    if choice is None or choice.control_sum is None:
        return ApprovalRefused(
            message("An approval of many documents needs their total, typed by the person."),
            code="control_sum_missing",
            next=message("approve it on its page, or with `ix-tools approvals approve` in a terminal"),
        )
    if not choice.left_out < {one.place for one in parts}:
        return ApprovalRefused(
            message("Not one document would remain."),
            code="control_sum_wrong",
            next=message("leave fewer documents out, or reject all of them"),
        )
    if found.choice is not None and load_left_out(found.choice) != choice.left_out:
        return ApprovalRefused(
            message("Another person approved it with other documents left out."),
            code="control_sum_wrong",
            next=message("leave the same documents out, or reject all of them"),
        )
    if choice.control_sum != remaining:
        return ApprovalRefused(
            message(
                "The typed total is {typed}, and the documents that remain are {remaining}.",
                typed=Money(choice.control_sum),
                remaining=Money(remaining),
            ),
            code="control_sum_wrong",
            next=message(
                "compare the documents with your own list, then type the total of those that remain"
            ),
        )
    return None
