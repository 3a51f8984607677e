"""A document's PDF as it is: `GET /documents/{id}/pdf`, or get_pdf called with `Accept: application/pdf`."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ix_tools.interfaces.rest.endpoint import Endpoint, only_reading
from ix_tools.interfaces.rest.requests import query_of
from ix_tools.interfaces.rest.responses import HEADERS
from ix_tools.operations.base import Operation
from ix_tools.operations.file_delivery import without_files
from ix_tools.operations.files import GetPdf
from ix_tools.pipeline.context_pool import HEADER, Hosting, account_in
from ix_tools.pipeline.execute import Desk, parse, pdf_content

PATH = "/documents/{document_id}/pdf"
MEDIA_TYPE = "application/pdf"


def is_wanted(request: Request, operation: type[Operation[Any]]) -> bool:
    """Whether a call wants the PDF itself rather than a word about it."""
    wanted = {one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "").split(",")}
    return operation is GetPdf and MEDIA_TYPE in wanted and "application/json" not in wanted


def endpoint(hosting: Hosting) -> Endpoint:
    """The PDF of every document."""

    async def respond(request: Request) -> Response:
        account, given = account_in(query_of(request, GetPdf), request.headers.get(HEADER))
        desk = await hosting.desk(request, account)
        return await pdf(desk, {**given, "document_id": request.path_params["document_id"]})

    return Endpoint(respond, only_reading)


async def pdf(desk: Desk, arguments: Mapping[str, Any]) -> Response:
    """The PDF that get_pdf is asked for."""
    call = parse(GetPdf.spec.name, without_files(GetPdf, arguments, "rest"))
    assert isinstance(call, GetPdf)
    content = await pdf_content(desk, call.document_id, second_copy=call.second_copy, face="rest")
    name = f"document-{call.document_id}{'-second-copy' if call.second_copy else ''}.pdf"
    return Response(
        content,
        headers={**HEADERS, "Content-Disposition": f'inline; filename="{name}"'},
        media_type=MEDIA_TYPE,
    )
