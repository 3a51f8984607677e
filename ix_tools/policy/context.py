"""The facts about a call that policy rules are compared with, including unknown ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_UP, Decimal
from enum import Enum
from typing import Any, Final

from ix_tools.domain.records import Document
from ix_tools.guards import series
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import LISBON
from ix_tools.operations.base import Operation
from ix_tools.operations.preview import Row
from ix_tools.operations.protocols import (
    HasRecipients,
    HasSeriesId,
    HasSeriesName,
    get_document_type,
    get_series_id,
    get_state,
)
from ix_tools.operations.spec import Effect


class Unknown(Enum):
    """Marks a value that exists but is not known; None means that there is no value."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """One call, as the conditions of rules see it."""

    principal: str
    face: str
    operation: str
    effect: Effect
    at: datetime
    """In Lisbon."""
    state: str | Unknown | None = None
    document_type: str | Unknown | None = None
    series: str | Unknown | None = None
    amount: Decimal | Unknown | None = None
    """In euros: the amount of the payment or entry, or the document's total."""
    recipients: tuple[str, ...] = ()
    """All recipients of the e-mail."""
    client_email: str = ""
    """The address of the document's client in InvoiceXpress."""
    keeps_recipient: bool = False
    """The recipient would become the client's address."""
    differs: bool = False
    """The document reads back differently from the request."""
    warnings: tuple[str, ...] = ()


def build_case_from_call(call: Operation[Any], principal: str, face: str, now: datetime) -> PolicyCase:
    """Build the case from the call alone, before any look-up."""
    about = call.document_ref()
    kind: Any = about[0] if about else get_document_type(call)
    sized = about is not None or "items" in type(call).model_fields
    numbered = sized or "sequence_id" in type(call).model_fields
    return PolicyCase(
        principal=principal,
        face=face,
        operation=call.spec.name,
        effect=call.spec.effect,
        at=now.astimezone(LISBON),
        state=get_state(call),
        document_type=kind,
        series=UNKNOWN if numbered else _get_series_name(call),
        amount=UNKNOWN if sized else None,
    )


def build_case_with_facts(
    call: Operation[Any], facts: Facts, principal: str, face: str, warnings: Iterable[str] = ()
) -> PolicyCase:
    """Build the case from the call and the loaded facts."""
    first = build_case_from_call(call, principal, face, facts.now)
    document = facts.document
    moved = call.build_preview(facts).amount if call.spec.effect.needs_approval else None
    known = facts.document_client.email if facts.document_client else None
    mail = call if isinstance(call, HasRecipients) and call.spec.effect is Effect.OUTBOUND else None
    addresses = (mail.email, mail.cc, mail.bcc) if mail is not None else ()
    return PolicyCase(
        principal=principal,
        face=face,
        operation=first.operation,
        effect=first.effect,
        at=first.at,
        state=first.state,
        document_type=first.document_type,
        series=_find_series_name(call, facts, first.series),
        amount=_choose_amount(moved, document, _predict_total(call, facts), first.amount),
        recipients=tuple(str(one) for one in addresses if one),
        client_email=known or "",
        keeps_recipient=mail is not None and bool(mail.save),
        differs=bool(facts.differences),
        warnings=tuple(warnings),
    )


def _get_series_name(call: Operation[Any]) -> str | None:
    return call.serie if isinstance(call, HasSeriesName) else None


def _predict_total(call: Operation[Any], facts: Facts) -> Any:
    """Return the expected total of a call that creates or changes a draft."""
    if call.spec.effect is not Effect.DRAFTS:
        return None
    expected = call.predict_state(facts)
    return expected.values.get("total") if expected else None


def _choose_amount(
    moved: Row | None, document: Document | None, predicted: Any, otherwise: Decimal | Unknown | None
) -> Decimal | Unknown | None:
    foreign = document is not None and document.currency not in {None, "Euro", "EUR"}
    if moved is not None:
        return UNKNOWN if foreign else _round_up_to_cents(moved.value)
    if predicted is not None:
        return _round_up_to_cents(predicted)
    if document is not None:
        return UNKNOWN if foreign or document.total is None else _round_up_to_cents(document.total)
    return otherwise


def _round_up_to_cents(amount: Any) -> Decimal | Unknown:
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount < 0:
        return UNKNOWN
    return amount.quantize(Decimal("0.01"), ROUND_UP)


def _find_series_name(
    call: Operation[Any], facts: Facts, otherwise: str | Unknown | None
) -> str | Unknown | None:
    document = facts.document
    given = None if isinstance(call, HasSeriesId) else _get_series_name(call)
    number = get_series_id(call) or (document.sequence_id if document and not given else None)
    if number:
        found = series.find_series(number, facts)
        if found is not None and found.serie:
            return found.serie
    if given:
        return str(given)
    if document is not None and document.number and "/" in document.number and not document.is_draft:
        return document.number.partition("/")[2]
    return otherwise
