"""The content of a document's PDF, for interfaces that pass it on instead of saving it."""

from ix_tools.operations.files import name_file
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.execute import CallOrigin, execute
from ix_tools.pipeline.operation_context import download_pdf


async def fetch_pdf(
    context: CallContext, document_id: int, *, second_copy: bool = False, face: str = "library"
) -> tuple[bytes, str]:
    """Return the PDF itself and its file's name, for interfaces that pass it on instead of saving it."""
    asked = {"document_id": document_id, "second_copy": second_copy, "delivery": "link"}
    outcome = await execute(context, "get_pdf", asked, origin=CallOrigin(face))
    link = outcome.body.get("link")
    name = name_file(link or "", f"document-{document_id}.pdf", "-second-copy" if second_copy else "")
    return await download_pdf(context, link), name
