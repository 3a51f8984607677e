"""Serve a document's PDF: `GET /documents/{id}/pdf`, or get_pdf called with `Accept: application/pdf`."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ix_tools.interfaces.rest.endpoint import Endpoint, list_read_methods
from ix_tools.interfaces.rest.requests import read_query
from ix_tools.interfaces.rest.responses import HEADERS
from ix_tools.operations.base import Operation
from ix_tools.operations.file_delivery import restrict_arguments
from ix_tools.operations.files import GetPdf
from ix_tools.pipeline.context_pool import ACCOUNT_HEADER, ServerContext, extract_account
from ix_tools.pipeline.execute import CallContext, parse
from ix_tools.pipeline.pdf_content import fetch_pdf

PATH = "/documents/{document_id}/pdf"
MEDIA_TYPE = "application/pdf"


def wants_pdf(request: Request, operation: type[Operation[Any]]) -> bool:
    """Return whether the caller accepts the PDF itself instead of JSON."""
    wanted = {one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "").split(",")}
    return operation is GetPdf and MEDIA_TYPE in wanted and "application/json" not in wanted


def build_endpoint(server_context: ServerContext) -> Endpoint:
    """Build the endpoint for documents' PDFs."""

    async def respond(request: Request) -> Response:
        account, given = extract_account(read_query(request, GetPdf), request.headers.get(ACCOUNT_HEADER))
        context = await server_context.open_context(request, account)
        return await build_pdf_response(context, {**given, "document_id": request.path_params["document_id"]})

    return Endpoint(respond, list_read_methods)


async def build_pdf_response(context: CallContext, arguments: Mapping[str, Any]) -> Response:
    """Return the PDF that a call of get_pdf asks for."""
    call = parse(GetPdf.spec.name, restrict_arguments(GetPdf, arguments, "rest"))
    assert isinstance(call, GetPdf)
    content, name = await fetch_pdf(context, call.document_id, second_copy=call.second_copy, face="rest")
    return Response(
        content,
        headers={**HEADERS, "Content-Disposition": f'inline; filename="{name}"'},
        media_type=MEDIA_TYPE,
    )
