"""Resources: the exemption table, a document by type and id, its PDF."""

import base64
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from ix_tools.errors import InvalidArguments, IxError, NotFound
from ix_tools.faces.mcp import stepping
from ix_tools.perform import Desk, parse, pdf_content, perform
from ix_tools.resources import EXEMPTIONS

FACE = "mcp"
"""How policy, journal and traces call what comes in here: whatever is read by URI is a call like any other."""
_PDF = re.compile(r"ix://documents/([0-9]{1,16})/pdf(\?second_copy=true)?")
_DOCUMENT = re.compile(r"ix://documents/([a-z_]+)/([0-9]{1,16})")


async def read(open_desk: Callable[[], Awaitable[Desk]], uri: str, request: Any) -> types.ReadResourceResult:
    """The content behind a URI; what is not there is a protocol error that names it. `request`: over HTTP, where it came in."""
    try:
        return types.ReadResourceResult(contents=[await _content(open_desk, uri)])
    except (NotFound, InvalidArguments) as miss:
        raise _unknown(uri, miss.message) from None
    except IxError as refusal:
        stepping.noted(request, refusal)
        raise MCPError(types.INTERNAL_ERROR, refusal.message, refusal.as_dict()) from None


async def _content(
    open_desk: Callable[[], Awaitable[Desk]], uri: str
) -> types.TextResourceContents | types.BlobResourceContents:
    if uri == EXEMPTIONS:
        return _json(
            uri, await perform(await open_desk(), "lookup_exemption_codes", {"all": True}, face=FACE)
        )
    if found := _PDF.fullmatch(uri):
        parse("get_pdf", {"document_id": int(found[1])})
        content = await pdf_content(await open_desk(), int(found[1]), second_copy=bool(found[2]), face=FACE)
        return types.BlobResourceContents(
            uri=uri, mime_type="application/pdf", blob=base64.b64encode(content).decode()
        )
    if found := _DOCUMENT.fullmatch(uri):
        arguments = {"document_type": found[1], "document_id": int(found[2])}
        return _json(uri, await perform(await open_desk(), "get_document", arguments, face=FACE))
    raise _unknown(uri, "There is no such resource.")


def _json(uri: str, body: dict[str, Any]) -> types.TextResourceContents:
    return types.TextResourceContents(
        uri=uri, mime_type="application/json", text=json.dumps(body, ensure_ascii=False)
    )


def _unknown(uri: str, message: str) -> MCPError:
    return MCPError(types.INVALID_PARAMS, message, {"uri": uri})
