"""Next calls that the state of a document allows."""

from collections.abc import Iterable

from ix_tools.domain.document_kinds import GUIDES, get_document_kind
from ix_tools.i18n.messages import message
from ix_tools.operations.document_context import DocumentResult
from ix_tools.operations.expectations import Step


def suggest_steps(result: DocumentResult) -> Iterable[Step]:
    """Suggest the calls that the state of a document allows."""
    document = result.document
    if document.is_draft:
        yield from suggest_finalizing(result)
    elif document.status in {"final", "settled"}:
        about = {"document_type": document.document_type, "document_id": document.id}
        yield Step("get_pdf", message("fetch the PDF"), {"document_id": document.id})
        yield Step("send_email", message("send it to the client; a person approves"), about)
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
            yield Step("generate_payment", message("record a payment; a person approves"), about)


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
