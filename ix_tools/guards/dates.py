"""Rules about dates."""

from collections.abc import Iterator

from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse, warn
from ix_tools.guards.protocols import Draft, GuideShaped, Transition
from ix_tools.i18n.messages import message

LATE_AFTER_DAYS = 31
"""Days after which an invoice's date is more than five working days ago in any calendar."""


def due_date_not_before_date(call: Draft, facts: Facts) -> Iterator[Finding]:
    """The due date must be the document's date or later (trap 11)."""
    if call.due_date < call.date:
        yield refuse(
            "due_date",
            message(
                "{due_date} is before the document's date {date}", due_date=call.due_date, date=call.date
            ),
            message("{date} or later; today is {today} in Lisbon", date=call.date, today=facts.today),
        )


def date_not_in_the_future(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Warn of a future date: finalizing the document blocks the series until that day (Portaria 363/2010)."""
    if call.date > facts.today:
        yield warn(
            "date",
            message(
                "{day} is in the future (today is {today} in Lisbon); once finalized it blocks the series "
                "until that day: nothing in it can be dated earlier",
                day=call.date,
                today=facts.today,
            ),
        )


def invoice_date_is_recent(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Warn of an old date: invoices are due by the 5th working day after the sale (CIVA 36/1)."""
    days = (facts.today - call.date).days
    if days > LATE_AFTER_DAYS and get_document_kind(call.document_type).family == "invoice":
        yield warn(
            "date",
            message(
                "{day} is {days} days ago: invoices are due by the 5th working day after the sale (CIVA 36/1)",
                day=call.date,
                days=days,
            ),
        )


def guide_dated_by_its_loading(call: GuideShaped, facts: Facts) -> Iterator[Finding]:
    """A guide must not be dated after its transport starts, since it is issued and communicated before (DL 147/2003, art. 4 and 5)."""
    if call.loaded_at is not None and call.date > call.loaded_at.date():
        yield refuse(
            "date",
            message(
                "the guide is dated {date}, after its transport starts ({loaded_at})",
                date=call.date,
                loaded_at=call.loaded_at,
            ),
            message("{date} or earlier, or a later loaded_at", date=call.loaded_at.date()),
        )


def loading_in_the_future(call: GuideShaped, facts: Facts) -> Iterator[Finding]:
    """The loading time must be in the future, in Lisbon time, or InvoiceXpress refuses it (trap 28)."""
    if call.loaded_at is not None and call.loaded_at <= facts.now:
        yield refuse(
            "loaded_at",
            message(
                "{loaded_at} has passed; it is {now} in Lisbon",
                loaded_at=call.loaded_at,
                now=facts.now,
            ),
            message("a later moment"),
        )


@wants(Want.DOCUMENT, Want.LATER_IN_SERIES)
def date_not_before_the_series(call: Transition, facts: Facts) -> Iterator[Finding]:
    """A document must not be dated before the last one of its series, since numbers follow dates (Portaria 363/2010; trap 10)."""
    document = facts.document
    if call.state != "finalized" or document is None or not facts.later:
        return
    last = max(facts.later, key=lambda one: one.date or facts.today)
    yield refuse(
        "date",
        message(
            "the draft is dated {date}, but {number} of the same series is dated {last_date}",
            date=document.date,
            number=last.number,
            last_date=last.date,
        ),
        message("{date} or later", date=last.date),
        message("ask whether the date may move; if so, update it (with due_date) and finalize"),
    )
