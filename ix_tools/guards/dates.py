"""Rules about dates."""

from collections.abc import Iterator
from datetime import timedelta

from ix_tools.facts import Facts, Want, wants
from ix_tools.guards.shapes import Draft, GuideShaped, Transition
from ix_tools.operation import Finding, refuse, warn


def due_date_not_before_date(call: Draft, facts: Facts) -> Iterator[Finding]:
    """The due date is the document's date or later (trap 11; equal is accepted)."""
    if call.due_date < call.date:
        yield refuse(
            "due_date", f"{call.due_date} is before the document's date {call.date}", f"{call.date} or later"
        )


def date_not_in_the_future(call: Draft, facts: Facts) -> Iterator[Finding]:
    """A draft may carry a later date, but finalizing it blocks the series for every earlier one; an old date may be too late by law."""
    if call.date > facts.today:
        yield warn(
            "date",
            f"{call.date} is in the future (today is {facts.today} in Lisbon); once finalized, nothing in this series can be dated earlier",
        )
    elif call.date < facts.today - timedelta(days=31):
        yield warn(
            "date",
            f"{call.date} is {(facts.today - call.date).days} days ago: invoices are due by the 5th working day after the sale (CIVA 36/1)",
        )


def loading_in_the_future(call: GuideShaped, facts: Facts) -> Iterator[Finding]:
    """InvoiceXpress refuses a loading time that has passed, by Lisbon's clock (trap 28)."""
    if call.loaded_at is not None and call.loaded_at <= facts.now:
        yield refuse(
            "loaded_at",
            f"{call.loaded_at:%Y-%m-%d %H:%M} has passed; it is {facts.now:%Y-%m-%d %H:%M} in Lisbon",
            "a later moment",
        )


@wants(Want.DOCUMENT, Want.LATER_IN_SERIES)
def date_not_before_the_series(call: Transition, facts: Facts) -> Iterator[Finding]:
    """Numbers and dates run together in a series (Portaria 363/2010): no finalizing before the last dated document (trap 10)."""
    document = facts.document
    if call.state != "finalized" or document is None or not facts.later:
        return
    last = max(facts.later, key=lambda one: one.date or facts.today)
    yield refuse(
        "date",
        f"the draft is dated {document.date}, but {last.number} of the same series is dated {last.date}",
        f"{last.date} or later",
        "ask whether the date may move; if so, update it (with due_date) and finalize",
    )
