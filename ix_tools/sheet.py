"""What a person is shown before saying yes, as data: no language, nothing hidden in it, kept with the approval.

Text from outside (client names, observations) is inert here already: whoever shows a sheet shows it as it stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr

from ix_tools.errors import Problem
from ix_tools.facts import Facts
from ix_tools.fiscal.exemptions import exemption
from ix_tools.legible import visible
from ix_tools.operation import Preview, Row
from ix_tools.records import Client, Document, Line
from ix_tools.totals import rounded

Shown = Annotated[str, BeforeValidator(lambda value: visible(str(value)) if value is not None else "")]
"""One line without characters that control a screen or hide in it; empty where there is nothing."""
Kind = Literal["text", "money", "day", "yes", "secret", "named"]


def _lines_of(value: object) -> object:
    texts = value.splitlines() if isinstance(value, str) else value or ()
    return tuple(texts) if isinstance(texts, Iterable) else texts


Lines = Annotated[tuple[Shown, ...], BeforeValidator(_lines_of)]
"""A longer text, line by line."""


class Part(BaseModel):
    """Base of the parts of a sheet."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Party(Part):
    """Whom a document is for."""

    name: Shown
    nif: Shown = ""
    country: Shown = ""
    """In InvoiceXpress's English; empty where nothing says it."""
    address: tuple[Shown, ...] = ()
    email: Shown = ""


class PaperLine(Part):
    """A line of a document."""

    name: Shown
    description: Lines = ()
    quantity: Decimal
    unit: Shown = ""
    price: Decimal
    """Without VAT, exact."""
    discount: Decimal | None = None
    """In percent."""
    net: Decimal | None = None
    """Without VAT, to the cent."""
    tax: Shown
    rate: Decimal | None = None


class Share(Part):
    """What of a document falls under one VAT rate, to the cent."""

    tax: Shown
    rate: Decimal | None
    net: Decimal
    vat: Decimal


class Exemption(Part):
    """Why there is no VAT: the code, with its text and law where they are known."""

    code: Shown
    text: str = ""
    law: str = ""


class Paper(Part):
    """A document as it is now."""

    kind: str
    """As operations take it: invoices."""
    id: int | None
    draft: bool
    number: Shown = ""
    issued: date | None
    due: date | None
    client: Party | None = None
    """None for the final consumer."""
    reference: Shown = ""
    observations: Lines = ()
    currency: Shown = ""
    """Its name; empty for the euro."""
    lines: tuple[PaperLine, ...] = ()
    shares: tuple[Share, ...] = ()
    exemption: Exemption | None = None
    discount: Decimal | None = None
    net: Decimal | None
    vat: Decimal | None = None
    total: Decimal | None
    second_currency: Shown = ""
    retention: Decimal | None = None
    retained: Decimal | None = None


class Entry(Part):
    """One more thing that the call brings: its label is a word of `words.LABELS`."""

    label: str
    kind: Kind = "text"
    lines: Lines = ()
    """The text; an amount or a day as results write it; in Portuguese, where `named`."""
    english: Shown = ""


class Differing(Part):
    """Where the stored document is not what was asked for."""

    field: Shown
    asked: Shown
    stored: Shown


class Warned(Part):
    """What a rule has to say."""

    field: Shown
    problem: Shown


class Deed(Part):
    """What a yes lets happen."""

    action: str
    """A key of `words.ACTIONS`, which also holds what cannot be undone."""
    entries: tuple[Entry, ...] = ()


class Sheet(Deed):
    """Everything a person is shown."""

    account: Shown
    sandbox: bool = False
    paper: Paper | None = None
    then: tuple[Deed, ...] = ()
    """What the same yes lets happen afterwards."""
    differences: tuple[Differing, ...] = ()
    warnings: tuple[Warned, ...] = ()


def sheet(preview: Preview, facts: Facts, warnings: Sequence[Problem], account: str, sandbox: bool) -> Sheet:
    """What a call is about to do, as its preview and the look-ups tell it."""
    return Sheet(
        action=preview.action,
        account=account,
        sandbox=sandbox,
        paper=_paper(preview.document, facts) if isinstance(preview.document, Document) else None,
        entries=tuple(_entry(row) for row in preview.rows),
        then=tuple(
            Deed(action=one.action, entries=tuple(_entry(row) for row in one.rows)) for one in preview.then
        ),
        differences=tuple(_differing(one) for one in preview.differences),
        warnings=tuple(Warned(field=one.field, problem=one.problem) for one in warnings),
    )


def _paper(document: Document, facts: Facts) -> Paper:
    other = document.multicurrency or {}
    return Paper(
        kind=document.document_type,
        id=document.id,
        draft=document.is_draft,
        number=document.number or "",
        issued=document.date,
        due=document.due_date,
        client=_party(document, facts),
        reference=document.reference or "",
        observations=_lines(document.observations),
        currency="" if document.currency in (None, "Euro", "EUR") else document.currency,
        lines=tuple(_line(one) for one in document.lines),
        shares=tuple(_shares(document.lines)),
        exemption=_exemption(document.tax_exemption),
        discount=document.discount or None,
        net=document.before_taxes,
        vat=document.taxes,
        total=document.total,
        second_currency=f"{other.get('currency', '')} {other.get('total', '')} ({other.get('rate', '')})"
        if other
        else "",
        retention=document.retention or None,
        retained=document.retained if document.retention else None,
    )


def _party(document: Document, facts: Facts) -> Party | None:
    client = document.client
    if client is None or not client.name:
        return None
    # A document does not hold its client's tax number; the client's own record does.
    record = facts.document_client or client
    return Party(
        name=client.name,
        nif=record.fiscal_id or "",
        country=record.country or client.country or "",
        address=_address(record),
        email=record.email or client.email or "",
    )


def _address(client: Client) -> tuple[str, ...]:
    place = " ".join(filter(None, [client.postal_code, client.city]))
    return tuple(line for line in (*_lines(client.address), place) if line.strip())


def _line(line: Line) -> PaperLine:
    return PaperLine(
        name=line.name or "?",
        description=_lines(line.description),
        quantity=line.quantity or Decimal(0),
        unit=line.unit or "",
        price=line.exact_price,
        discount=line.discount or None,
        net=None if line.net is None else rounded(line.net),
        tax=line.tax or "?",
        rate=line.tax_rate,
    )


def _shares(lines: Iterable[Line]) -> Iterable[Share]:
    found: dict[tuple[str | None, Decimal | None], list[Decimal]] = {}
    for line in lines:
        share = found.setdefault((line.tax, line.tax_rate), [Decimal(0), Decimal(0)])
        share[0] += line.net or Decimal(0)
        share[1] += line.vat or Decimal(0)
    for (name, rate), (net, vat) in found.items():
        yield Share(tax=name or "?", rate=rate, net=rounded(net), vat=rounded(vat))


def _exemption(code: str | None) -> Exemption | None:
    if not code:
        return None
    entry = exemption(code)
    return Exemption(code=code, text=entry.text_pt, law=entry.law) if entry else Exemption(code=code)


def _entry(row: Row) -> Entry:
    value = row.value
    if isinstance(value, SecretStr):
        return Entry(label=row.label, kind="secret")
    if isinstance(value, bool):
        return Entry(label=row.label, kind="yes")
    if isinstance(value, Decimal):
        return Entry(label=row.label, kind="money", lines=(str(value),))
    if isinstance(value, date):
        return Entry(label=row.label, kind="day", lines=(value.isoformat(),))
    if isinstance(value, list):
        return Entry(label=row.label, lines=(", ".join(map(str, value)) or "-",))
    if hasattr(value, "pt") and hasattr(value, "code"):
        spoken = (f"{value.code} – {said}" for said in (value.pt, value.en))
        portuguese, english = spoken
        return Entry(label=row.label, kind="named", lines=(portuguese,), english=english)
    return Entry(label=row.label, lines=_lines(str(value)))


def _differing(found: Mapping[str, Any]) -> Differing:
    return Differing(field=found["field"], asked=found["asked"], stored=found["stored"])


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").splitlines())
