"""Joint decisions: one approval of many documents, with those that the person leaves out and the sum that they type.

The person takes documents out but changes none, and types the total of those that remain, as banks ask for a control sum. The choice is
recorded in the transaction that approves, so nothing else can be approved than what was summed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ix_tools.approvals.models import Approval
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import Money, message


@dataclass(frozen=True, slots=True)
class Part:
    """One document of an approval of many."""

    row: int
    """Its place in the list, by which it is left out."""
    total: Decimal


@dataclass(frozen=True, slots=True)
class Choice:
    """The decision of a person about many documents."""

    control_sum: Decimal | None
    """The total that the person typed; None if it could not be read as an amount."""
    left_out: frozenset[int] = frozenset()


def dump_parts(parts: Sequence[Part]) -> str | None:
    """Return the stored form; None for an approval of one call."""
    return json.dumps([[one.row, str(one.total)] for one in parts]) if parts else None


def load_parts(stored: str | None) -> tuple[Part, ...]:
    """Read the stored form."""
    return tuple(Part(row, Decimal(total)) for row, total in json.loads(stored)) if stored else ()


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
    return sum((one.total for one in parts if one.row not in left_out), Decimal(0))


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
    rows = {one.row for one in parts}
    if not choice.left_out < rows:
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
