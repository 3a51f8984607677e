"""Read a document as InvoiceXpress has it now, to compare it with what a person signed."""

from ix_tools.domain.document_kinds import list_document_kinds
from ix_tools.domain.issued_content import digest_issued_content
from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n.messages import message, verbatim
from ix_tools.pipeline.context import CallContext


async def digest_present_content(context: CallContext, subject: str) -> str:
    """Return the digest of a document, named as invoices/1001.

    Raises:
        InvalidArguments: the name is none of a document.
        IxError: InvoiceXpress cannot be asked, or does not have it.
    """
    kind, _, number = subject.partition("/")
    kinds = [one.plural for one in list_document_kinds()]
    if kind not in kinds or not number.isdecimal() or not number.isascii():
        raise InvalidArguments(
            message("'{subject}' does not name a document.", subject=subject),
            problems=[
                Problem(
                    "document", message("is not kind/id"), verbatim(", ".join(f"{one}/ID" for one in kinds))
                )
            ],
            next=message("give kind and id, such as invoices/1001"),
        )
    return digest_issued_content(await context.create_loader().get_document(kind, int(number)))
