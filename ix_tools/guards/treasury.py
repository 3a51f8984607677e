"""Rules about a client's account: initial balance, regularizations, treasury movements."""

from collections.abc import Iterator
from typing import Protocol

from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse, warn
from ix_tools.guards.protocols import Entry
from ix_tools.i18n.messages import Money, message, verbatim


def entry_not_in_the_future(call: Entry, facts: Facts) -> Iterator[Finding]:
    """The date of an entry must not be in the future."""
    if call.date > facts.today:
        yield refuse(
            "date",
            message("{date} is in the future", date=call.date),
            message("at latest {today}, which is today in Lisbon", today=facts.today),
        )


@wants(Want.BALANCE)
def within_the_remaining_balance(call: Entry, facts: Facts) -> Iterator[Finding]:
    """A regularization must not exceed the client's remaining debt."""
    remaining = facts.balance.remaining_balance if facts.balance else None
    known = [one for one in (remaining.total, remaining.value) if one is not None] if remaining else []
    # The two figures of the answer are undocumented; an amount above both certainly exceeds the debt.
    if known and call.value > max(known):
        yield refuse(
            "value",
            message(
                "{value} is more than the {owed} that the client still owes",
                value=Money(call.value, ""),
                owed=Money(max(known), ""),
            ),
            message("at most {left}", left=Money(max(known), "")),
            message("get_client_balance shows what is owed"),
        )


@wants(Want.BALANCE)
def initial_balance_replaces(call: Entry, facts: Facts) -> Iterator[Finding]:
    """Warn of a different initial balance, because it replaces the earlier one."""
    known = facts.balance.initial_balance if facts.balance else None
    if known is not None and known.value and known.value != call.value:
        yield warn(
            "value",
            message(
                "the initial balance of {old} is replaced by {new}",
                old=Money(known.value),
                new=Money(call.value),
            ),
        )


class RegularizationShaped(Protocol):
    """Call about a regularization."""

    @property
    def regularization_id(self) -> int: ...


@wants(Want.REGULARIZATIONS)
def regularization_exists(call: RegularizationShaped, facts: Facts) -> Iterator[Finding]:
    """The regularization must be one of the client's."""
    if not any(one.id == call.regularization_id for one in facts.regularizations):
        yield refuse(
            "regularization_id",
            message(
                "the client has no regularization {id}",
                id=call.regularization_id,
            ),
            verbatim(", ".join(f"{one.number}: {one.id}" for one in facts.regularizations)),
            message("list_regularizations shows them"),
        )
