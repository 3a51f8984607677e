"""Next calls that the state of a document allows."""

from collections.abc import Iterable
from decimal import Decimal

from ix_tools.domain.document_kinds import GUIDES, get_document_kind
from ix_tools.domain.records import Document, Line
from ix_tools.i18n.messages import message
from ix_tools.operations.document_context import DocumentResult
from ix_tools.operations.drafts import FINAL_CONSUMER_NAME
from ix_tools.operations.expectations import Step
from ix_tools.operations.matching import simplify_name

MAX_REPEATED_LINES = 10
"""Lines up to which the call that bills an estimate is suggested whole."""
REPEATED_FIELDS = {"name", "description", "quantity", "unit", "unit_price", "discount", "tax"}


def suggest_steps(result: DocumentResult) -> Iterable[Step]:
    """Suggest the calls that the state of a document allows."""
    document = result.document
    if document.is_draft:
        yield from suggest_finalizing(result)
    elif document.status == "accepted":
        yield from _suggest_billing(document)
    elif document.status in {"final", "settled"}:
        about = {"document_type": document.document_type, "document_id": document.id}
        yield Step("get_pdf", message("fetch the PDF"), {"document_id": document.id})
        if not _is_anonymous(document):
            address = {"email": document.client.email} if document.client and document.client.email else {}
            yield Step(
                "send_email", message("send it to the client; a person approves"), {**about, **address}
            )
        family = get_document_kind(document.document_type).family
        if family == "guide" and not document.at_doc_code_id:
            yield Step(
                "get_document", message("in a minute: at_doc_code_id is the code to carry along"), about
            )
        if family == "estimate":
            yield Step(
                "change_state",
                message("when the client answers: accept or refuse"),
                {**about, "state": "accept"},
            )
        if document.status == "final" and document.document_type in {"invoices", "simplified_invoices"}:
            left = _find_open(result)
            amount = {"amount": str(left)} if left else {}
            yield Step(
                "generate_payment", message("record a payment; a person approves"), {**about, **amount}
            )


def _find_open(result: DocumentResult) -> Decimal | None:
    """Return what is left to pay of an invoice that was just issued or read."""
    document = result.document
    if result.to_pay is not None or document.total is None:
        return result.to_pay
    return document.total - document.withholding_tax


def _is_anonymous(document: Document) -> bool:
    """Tell whether a document goes to the final consumer, whose address nobody knows."""
    client = document.client
    return client is None or (
        simplify_name(client.name or "") == simplify_name(FINAL_CONSUMER_NAME) and not client.email
    )


def suggest_finalizing(result: DocumentResult) -> Iterable[Step]:
    """Suggest finalizing a draft, with a person's approval."""
    document = result.document
    about = {"document_type": document.document_type, "document_id": document.id}
    if document.document_type in GUIDES:
        yield Step(
            "change_state",
            message("finalize the guide before the transport starts; a person approves"),
            {**about, "state": "finalized"},
        )
    else:
        yield Step(
            "change_state",
            message("finalize it: a person sees the totals and approves"),
            {**about, "state": "finalized"},
        )


def _suggest_billing(document: Document) -> Iterable[Step]:
    """Suggest billing an accepted estimate, if its lines can be repeated exactly."""
    client, lines = document.client, [_repeat_line(line) for line in document.lines]
    repeated = [one for one in lines if one is not None]
    is_plain = not (document.retention or document.multicurrency or document.tax_exemption)
    if client is None or client.id is None or not is_plain:
        return
    if not 0 < len(lines) == len(repeated) <= MAX_REPEATED_LINES or document.total != _add_up(document):
        return
    yield Step(
        "create_invoice",
        message(
            "bill it, or only what is due now, with the due date agreed. A deposit is an invoice of its own when it is received "
            "(CIVA art. 8/1/c), and the last invoice then bills only the rest"
        ),
        {
            "date": "today",
            "due_date": "today",
            "client": {"id": client.id},
            "items": repeated,
            "reference": f"{get_document_kind(document.document_type).pt} {document.number}",
        },
    )


def _repeat_line(line: Line) -> dict[str, str] | None:
    """Return a line as an argument; None without VAT, whose reason must be asked, or with decimals that are not returned."""
    if not line.tax_rate or line.unit_price is None or line.quantity is None or line.net is None:
        return None
    if line.unit_price * line.quantity * (100 - (line.discount or 0)) != line.net * 100:
        return None
    given = line.model_dump(mode="json", exclude_none=True, include=REPEATED_FIELDS)
    return {name: str(value) for name, value in given.items() if name != "discount" or line.discount}


def _add_up(document: Document) -> Decimal:
    """Return the total of the lines, which a discount of the whole document lowers."""
    return sum((line.total or Decimal(0) for line in document.lines), Decimal(0))
