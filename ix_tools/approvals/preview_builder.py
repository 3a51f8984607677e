"""Builder of previews: what an operation says of a call, and the facts of the account, become what a person sees."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from ix_tools.approvals.preview import (
    ActionView,
    ApprovalPreview,
    ClientView,
    DetailView,
    DifferenceView,
    DocumentView,
    ExemptionView,
    LineView,
    PrintedTextView,
    ReferencedDocumentView,
    SecondCurrencyView,
    TransportView,
    VatBreakdown,
    WarningView,
)
from ix_tools.config.settings import Settings
from ix_tools.domain import amounts as money
from ix_tools.domain.amount_types import parse_decimal
from ix_tools.domain.amounts import LineAmounts
from ix_tools.domain.records import Client, Company, Document, Line
from ix_tools.domain.totals import round_to_cent
from ix_tools.fiscal.currencies import find_currency_code
from ix_tools.fiscal.exemptions import find_exemption
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import as_message
from ix_tools.operations import preview as content
from ix_tools.operations.preview import Preview, Row


def build_preview(
    preview: Preview, facts: Facts, warnings: Sequence[Finding], settings: Settings, company: Company | None
) -> ApprovalPreview:
    """Build the preview of a call from the operation's preview and the loaded facts.

    Args:
        company: the company of the account, if it is known.
    """
    return ApprovalPreview(
        **_build_action_fields(preview),
        account=settings.account,
        company=company.name if company else "",
        company_nif=company.nif if company else "",
        several_accounts=settings.has_several_accounts,
        sandbox=settings.sandbox,
        paper=_build_document_view(preview, facts) if isinstance(preview.document, Document) else None,
        client=_build_client_view(preview.client) if preview.client is not None else None,
        then=tuple(ActionView(**_build_action_fields(one)) for one in preview.covered_actions),
        differences=tuple(DifferenceView(**one.as_dict()) for one in preview.differences),
        warnings=tuple(
            WarningView(field=one.problem.field, problem=as_message(one.problem.problem)) for one in warnings
        ),
    )


def _build_action_fields(preview: Preview) -> dict[str, Any]:
    return {
        "action": preview.action,
        "amount": _build_detail(preview.amount) if preview.amount is not None else None,
        "recipient": preview.recipient,
        "entries": tuple(_build_detail(row) for row in preview.rows),
    }


def _build_document_view(preview: Preview, facts: Facts) -> DocumentView:
    document: Document = preview.document
    if document.global_discount is None and (journaled := (facts.unreturned or {}).get("global_discount")):
        document = document.model_copy(update={"global_discount": journaled})
    known = money.compute_figures(document, preview.paid, preview.credited, preview.to_pay)
    return DocumentView(
        kind=document.document_type,
        id=document.id,
        draft=document.is_draft,
        status=document.status or "",
        number=document.number or "",
        expected_number=preview.expected_number,
        issued=document.date,
        due=document.due_date,
        client=_build_document_client_view(document, facts),
        printed=tuple(
            PrintedTextView(field=name, lines=_split_lines(text))
            for name, _, text in document.printed_texts()
        ),
        currency=_find_currency_code(document.currency)
        if document.currency and document.currency not in {"Euro", "EUR"}
        else "",
        lines=tuple(
            _build_line_view(*one, is_taxed=document.document_type != "receipts")
            for one in zip(document.lines, known.lines, strict=True)
        ),
        shares=tuple(_build_vat_breakdown(one) for one in known.shares),
        column=known.column,
        exemption=_build_exemption_view(document.tax_exemption),
        second_currency=_build_second_currency_view(document.multicurrency),
        corrects=_build_referenced_document_view(preview.corrects) if preview.corrects is not None else None,
        transport=_build_transport_view(preview.transport) if preview.transport is not None else None,
    )


def _find_currency_code(name: str) -> str:
    return find_currency_code(name) or name


def _build_second_currency_view(told: Mapping[str, Any] | None) -> SecondCurrencyView | None:
    if not told:
        return None
    named = told.get("currency")
    return SecondCurrencyView(
        currency=_find_currency_code(
            str(named.get("code") or named.get("name") if isinstance(named, dict) else named)
        ),
        total=_parse_amount(told.get("total")),
        rate=_parse_amount(told.get("rate")),
    )


def _parse_amount(amount: object) -> Decimal | None:
    try:
        return parse_decimal(amount)
    except ValueError:
        return None


def _build_referenced_document_view(corrects: content.DocumentReference) -> ReferencedDocumentView:
    return ReferencedDocumentView(
        kind=corrects.document_type,
        number=corrects.number,
        issued=corrects.issued,
        total=corrects.total,
        paid=corrects.paid,
    )


def _build_transport_view(transport: content.Transport) -> TransportView:
    return TransportView(
        plate=transport.plate,
        loaded_at=transport.loaded_at,
        origin=None if transport.origin is None else _split_lines(transport.origin),
        destination=None if transport.destination is None else _split_lines(transport.destination),
    )


def _build_document_client_view(document: Document, facts: Facts) -> ClientView | None:
    client = document.client
    if client is None or not client.name:
        return None
    # The document has no tax number of its client; the client's own record has it.
    record = facts.document_client or client
    return _build_client_view(record, client)


def _build_client_view(record: Client, shown: Client | None = None) -> ClientView:
    """Build a client from its own record; the document's copy takes precedence for the name only."""
    shown = shown or record
    return ClientView(
        name=shown.name or record.name or "",
        code=record.code or "",
        nif=record.fiscal_id or "",
        country=record.country or shown.country or "",
        address=_format_address(record),
        email=record.email or shown.email or "",
    )


def _format_address(client: Client) -> tuple[str, ...]:
    place = " ".join(filter(None, [client.postal_code, client.city]))
    return tuple(line for line in (*_split_lines(client.address), place) if line.strip())


def _build_line_view(line: Line, known: LineAmounts, *, is_taxed: bool) -> LineView:
    return LineView(
        name=line.name or "?",
        description=_split_lines(line.description),
        quantity=line.quantity,
        unit=line.unit or "",
        price=known.price,
        discount=line.discount or None,
        net=None if known.net is None else round_to_cent(known.net),
        tax=(line.tax or ("" if line.tax_rate is None else "?")) if is_taxed else "",
        rate=line.tax_rate if is_taxed else None,
    )


def _build_vat_breakdown(share: money.VatAmounts) -> VatBreakdown:
    return VatBreakdown(
        word=share.word,
        tax=share.tax,
        rate=share.rate,
        net=share.net,
        vat=share.vat,
    )


def _build_exemption_view(code: str | None) -> ExemptionView | None:
    if not code:
        return None
    entry = find_exemption(code)
    return ExemptionView(code=code, text=entry.text_pt, law=entry.law) if entry else ExemptionView(code=code)


def _build_detail(row: Row) -> DetailView:
    return _build_detail_of_value(row).model_copy(update={"decides": row.is_headline})


def _build_detail_of_value(row: Row) -> DetailView:
    value = row.value
    if isinstance(value, SecretStr):
        return DetailView(label=row.label, kind="secret")
    if isinstance(value, bool):
        return DetailView(label=row.label, kind="yes")
    if isinstance(value, Decimal):
        return DetailView(label=row.label, kind="money", lines=(str(value),))
    if isinstance(value, date):
        return DetailView(label=row.label, kind="day", lines=(value.isoformat(),))
    if isinstance(value, content.DocumentReference):
        return DetailView(label=row.label, kind="document", document=_build_referenced_document_view(value))
    if isinstance(value, content.DocumentState):
        amount = () if value.open is None else (str(value.open),)
        return DetailView(label=row.label, kind="state", lines=(value.status, *amount))
    if isinstance(value, list):
        return DetailView(label=row.label, kind="list", lines=tuple(map(str, value)))
    if isinstance(value, Bilingual):
        return DetailView(label=row.label, kind="named", lines=(value.pt,), english=value.en)
    if hasattr(value, "pt") and hasattr(value, "code"):
        spoken = (f"{value.code} – {said}" for said in (value.pt, value.en))
        portuguese, english = spoken
        return DetailView(label=row.label, kind="named", lines=(portuguese,), english=english)
    return DetailView(label=row.label, lines=_split_lines(str(value)))


def _split_lines(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").splitlines())
