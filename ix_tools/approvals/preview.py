"""What a person is shown before saying yes, as data: no language, nothing hidden in it, kept with the approval.

Text from outside (client names, observations) is inert here already: whoever shows a sheet shows it as it stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, model_validator

from ix_tools.config.settings import Settings
from ix_tools.domain import amounts as money
from ix_tools.domain.amounts import Amount, LineAmounts, Word
from ix_tools.domain.records import Client, Company, Document, Line
from ix_tools.domain.totals import rounded
from ix_tools.domain.types import decimal_of
from ix_tools.fiscal.currencies import code_of
from ix_tools.fiscal.exemptions import exemption
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.operations import preview as told
from ix_tools.operations.preview import Preview, Row
from ix_tools.text.sanitize import visible

Shown = Annotated[str, BeforeValidator(lambda value: visible(str(value)) if value is not None else "")]
"""One line without characters that control a screen or hide in it; empty where there is nothing."""
Kind = Literal["text", "list", "money", "day", "yes", "secret", "named", "document", "state"]


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
    code: Shown = ""
    nif: Shown = ""
    country: Shown = ""
    """In InvoiceXpress's English; empty where nothing says it."""
    address: tuple[Shown, ...] = ()
    email: Shown = ""


class PaperLine(Part):
    """A line of a document; None is what nothing says."""

    name: Shown
    description: Lines = ()
    quantity: Decimal | None
    unit: Shown = ""
    price: Decimal | None
    """Without VAT, exact."""
    discount: Decimal | None = None
    """In percent."""
    net: Decimal | None = None
    """Without VAT, to the cent, before a discount of the whole document."""
    tax: Shown = ""
    rate: Decimal | None = None


class Share(Part):
    """What of a document falls under one VAT rate, to the cent; or what rounding leaves between these and the totals."""

    word: Literal["", "rounding", "difference"] = ""
    tax: Shown = ""
    rate: Decimal | None = None
    net: Decimal
    vat: Decimal | None = None


class SecondCurrency(Part):
    """A second total that is printed, in another currency."""

    currency: Shown
    """Its code, or the name that InvoiceXpress gives."""
    total: Decimal | None = None
    rate: Decimal | None = None
    """Its units for one of the document's."""


class Exemption(Part):
    """Why there is no VAT: the code, with its text and law where they are known."""

    code: Shown
    text: str = ""
    law: str = ""


class Corrected(Part):
    """The document that a note corrects; None is what could not be read."""

    kind: str | None = None
    number: Shown | None = None
    issued: date | None = None
    total: Decimal | None = None
    paid: Decimal | None = None


class Transport(Part):
    """What the tax authority is told of a transport; None is what could not be read."""

    plate: Shown | None = None
    loaded_at: datetime | None = None
    origin: Lines | None = None
    destination: Lines | None = None


class PrintedText(Part):
    """A text that the document prints, under the heading of its field."""

    field: str
    lines: Lines


class Paper(Part):
    """A document as it is now."""

    kind: str
    """As operations take it: invoices."""
    id: int | None
    draft: bool
    status: Shown = ""
    number: Shown = ""
    expected_number: Shown = ""
    """What a draft is expected to get."""
    issued: date | None
    due: date | None
    client: Party | None = None
    """None for the final consumer."""
    printed: tuple[PrintedText, ...] = ()
    currency: Shown = ""
    """Its code, or the name that InvoiceXpress gives; empty for the euro."""
    lines: tuple[PaperLine, ...] = ()
    shares: tuple[Share, ...] = ()
    column: tuple[Amount, ...] = ()
    """From the lines to what is to be paid, as it is added up."""
    exemption: Exemption | None = None
    second_currency: SecondCurrency | None = None
    corrects: Corrected | None = None
    transport: Transport | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_kept_before(cls, data: Any) -> Any:
        """Read a sheet that was kept when these two texts were fields of their own."""
        if not isinstance(data, dict):
            return data
        names = [name for name in ("reference", "observations") if name in data]
        older = [{"field": name, "lines": data[name]} for name in names if data[name]]
        rest = {name: value for name, value in data.items() if name not in names}
        return {**rest, "printed": older} if names else data

    def amount(self, word: Word) -> Decimal | None:
        """One amount of the column; None where it is not in it."""
        return next((one.value for one in self.column if one.word == word), None)

    @property
    def total(self) -> Decimal | None:
        """With VAT; None where InvoiceXpress does not say it and the lines do not tell."""
        return self.amount("total")


class Entry(Part):
    """One more thing that the call brings: its label is a word of `words.LABELS`."""

    label: str
    kind: Kind = "text"
    lines: Lines = ()
    """The text; an amount or a day as results write it; in Portuguese, where `named`."""
    english: Shown = ""
    document: Corrected | None = None
    """Another document, where the entry is one."""
    decides: bool = False
    """Whether nobody can tell without it what is approved."""


class Differing(Part):
    """Where the stored document is not what was asked for."""

    field: Shown
    asked: Shown
    stored: Shown


class Warned(Part):
    """What a rule has to say."""

    field: Shown
    problem: Shown
    pt: Shown = ""
    """All of it in Portuguese, where the rule says it in both languages."""


class Deed(Part):
    """What a yes lets happen."""

    action: str
    """A key of `words.ACTIONS`, which also holds what cannot be undone."""
    amount: Entry | None = None
    """The money it moves, where that is not the document's total."""
    recipient: Shown = ""
    """The address of an e-mail."""
    entries: tuple[Entry, ...] = ()

    @property
    def told(self) -> tuple[Entry, ...]:
        """The amount, and everything else that it brings."""
        return (self.amount, *self.entries) if self.amount is not None else self.entries


class Sheet(Deed):
    """Everything a person is shown."""

    account: Shown
    company: Shown = ""
    """Whose account it is; empty where nobody told."""
    company_nif: Shown = ""
    several_accounts: bool = False
    """Whether the account, too, decides: another one could be meant."""
    sandbox: bool = False
    paper: Paper | None = None
    client: Party | None = None
    """Whom it is about, where there is no document."""
    then: tuple[Deed, ...] = ()
    """What the same yes lets happen afterwards."""
    differences: tuple[Differing, ...] = ()
    warnings: tuple[Warned, ...] = ()


def sheet(
    preview: Preview, facts: Facts, warnings: Sequence[Finding], settings: Settings, company: Company | None
) -> Sheet:
    """What a call is about to do, as its preview and the look-ups tell it; `company`: whose account it is, where that is known."""
    return Sheet(
        **_deed(preview),
        account=settings.account,
        company=company.name if company else "",
        company_nif=company.nif if company else "",
        several_accounts=settings.has_several_accounts,
        sandbox=settings.sandbox,
        paper=_paper(preview, facts) if isinstance(preview.document, Document) else None,
        client=_party(preview.client) if preview.client is not None else None,
        then=tuple(Deed(**_deed(one)) for one in preview.then),
        differences=tuple(Differing(**one.as_dict()) for one in preview.differences),
        warnings=tuple(
            Warned(field=one.problem.field, problem=one.problem.problem, pt=one.pt) for one in warnings
        ),
    )


def _deed(preview: Preview) -> dict[str, Any]:
    return {
        "action": preview.action,
        "amount": _entry(preview.amount) if preview.amount is not None else None,
        "recipient": preview.recipient,
        "entries": tuple(_entry(row) for row in preview.rows),
    }


def _paper(preview: Preview, facts: Facts) -> Paper:
    document: Document = preview.document
    if document.global_discount is None and (journaled := (facts.unreturned or {}).get("global_discount")):
        document = document.model_copy(update={"global_discount": journaled})
    known = money.figures(document, preview.paid, preview.credited, preview.to_pay)
    return Paper(
        kind=document.document_type,
        id=document.id,
        draft=document.is_draft,
        status=document.status or "",
        number=document.number or "",
        expected_number=preview.expected_number,
        issued=document.date,
        due=document.due_date,
        client=_client(document, facts),
        printed=tuple(
            PrintedText(field=name, lines=_lines(text)) for name, _, text in document.printed_texts()
        ),
        currency="" if document.currency in {None, "Euro", "EUR"} else _currency(document.currency),
        lines=tuple(
            _line(*one, is_taxed=document.document_type != "receipts")
            for one in zip(document.lines, known.lines, strict=True)
        ),
        shares=tuple(_share(one) for one in known.shares),
        column=known.column,
        exemption=_exemption(document.tax_exemption),
        second_currency=_second_currency(document.multicurrency),
        corrects=_corrected(preview.corrects) if preview.corrects is not None else None,
        transport=_transport(preview.transport) if preview.transport is not None else None,
    )


def _currency(name: str) -> str:
    return code_of(name) or name


def _second_currency(told: Mapping[str, Any] | None) -> SecondCurrency | None:
    if not told:
        return None
    named = told.get("currency")
    return SecondCurrency(
        currency=_currency(str(named.get("code") or named.get("name") if isinstance(named, dict) else named)),
        total=_read(told.get("total")),
        rate=_read(told.get("rate")),
    )


def _read(amount: object) -> Decimal | None:
    try:
        return decimal_of(amount)
    except ValueError:
        return None


def _corrected(corrects: told.Corrected) -> Corrected:
    return Corrected(
        kind=corrects.document_type,
        number=corrects.number,
        issued=corrects.issued,
        total=corrects.total,
        paid=corrects.paid,
    )


def _transport(transport: told.Transport) -> Transport:
    return Transport(
        plate=transport.plate,
        loaded_at=transport.loaded_at,
        origin=None if transport.origin is None else _lines(transport.origin),
        destination=None if transport.destination is None else _lines(transport.destination),
    )


def _client(document: Document, facts: Facts) -> Party | None:
    client = document.client
    if client is None or not client.name:
        return None
    # A document does not hold its client's tax number; the client's own record does.
    record = facts.document_client or client
    return _party(record, client)


def _party(record: Client, shown: Client | None = None) -> Party:
    """A client by its own record; what a document shows of it comes first for the name, and last for the rest."""
    shown = shown or record
    return Party(
        name=shown.name or record.name or "",
        code=record.code or "",
        nif=record.fiscal_id or "",
        country=record.country or shown.country or "",
        address=_address(record),
        email=record.email or shown.email or "",
    )


def _address(client: Client) -> tuple[str, ...]:
    place = " ".join(filter(None, [client.postal_code, client.city]))
    return tuple(line for line in (*_lines(client.address), place) if line.strip())


def _line(line: Line, known: LineAmounts, *, is_taxed: bool) -> PaperLine:
    return PaperLine(
        name=line.name or "?",
        description=_lines(line.description),
        quantity=line.quantity,
        unit=line.unit or "",
        price=known.price,
        discount=line.discount or None,
        net=None if known.net is None else rounded(known.net),
        tax=(line.tax or ("" if line.tax_rate is None else "?")) if is_taxed else "",
        rate=line.tax_rate if is_taxed else None,
    )


def _share(share: money.Share) -> Share:
    return Share(
        word=share.word,
        tax=share.tax,
        rate=share.rate,
        net=share.net,
        vat=share.vat,
    )


def _exemption(code: str | None) -> Exemption | None:
    if not code:
        return None
    entry = exemption(code)
    return Exemption(code=code, text=entry.text_pt, law=entry.law) if entry else Exemption(code=code)


def _entry(row: Row) -> Entry:
    return _valued(row).model_copy(update={"decides": row.decides})


def _valued(row: Row) -> Entry:
    value = row.value
    if isinstance(value, SecretStr):
        return Entry(label=row.label, kind="secret")
    if isinstance(value, bool):
        return Entry(label=row.label, kind="yes")
    if isinstance(value, Decimal):
        return Entry(label=row.label, kind="money", lines=(str(value),))
    if isinstance(value, date):
        return Entry(label=row.label, kind="day", lines=(value.isoformat(),))
    if isinstance(value, told.Corrected):
        return Entry(label=row.label, kind="document", document=_corrected(value))
    if isinstance(value, told.State):
        amount = () if value.open is None else (str(value.open),)
        return Entry(label=row.label, kind="state", lines=(value.status, *amount))
    if isinstance(value, list):
        return Entry(label=row.label, kind="list", lines=tuple(map(str, value)))
    if hasattr(value, "pt") and hasattr(value, "code"):
        spoken = (f"{value.code} – {said}" for said in (value.pt, value.en))
        portuguese, english = spoken
        return Entry(label=row.label, kind="named", lines=(portuguese,), english=english)
    return Entry(label=row.label, lines=_lines(str(value)))


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").splitlines())
