"""Resources: the exemption table, a document by type and id, its PDF."""

import base64
import re
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from ix_tools.errors import InvalidArguments, IxError, NotFound
from ix_tools.interfaces.mcp import scope_challenge
from ix_tools.interfaces.mcp.outgoing import json_resource
from ix_tools.pipeline.execute import Desk, parse, pdf_content, perform
from ix_tools.schemas.resources import EXEMPTIONS

FACE = "mcp"
"""How policy, journal and traces call what comes in here: whatever is read by URI is a call like any other."""
MOST_BYTES = 4 * 1024 * 1024
"""Of a PDF in an answer: it travels in letters, a third longer, and a host keeps it in its memory."""
_PDF = re.compile(r"ix://documents/([0-9]{1,16})/pdf(\?second_copy=true)?")
_DOCUMENT = re.compile(r"ix://documents/([a-z_]+)/([0-9]{1,16})")


async def read(open_desk: Callable[[], Awaitable[Desk]], uri: str, request: Any) -> types.ReadResourceResult:
    """The content behind a URI; what is not there is a protocol error that names it. `request`: over HTTP, where it came in."""
    try:
        return types.ReadResourceResult(contents=[await _content(open_desk, uri)])
    except (NotFound, InvalidArguments) as miss:
        raise _unknown(uri, miss.message) from None
    except IxError as refusal:
        scope_challenge.noted(request, refusal)
        raise MCPError(types.INTERNAL_ERROR, refusal.message, refusal.as_dict()) from None


async def _content(
    open_desk: Callable[[], Awaitable[Desk]], uri: str
) -> types.TextResourceContents | types.BlobResourceContents:
    if uri == EXEMPTIONS:
        return json_resource(
            uri, await perform(await open_desk(), "lookup_exemption_codes", {"all": True}, face=FACE)
        )
    if found := _PDF.fullmatch(uri):
        parse("get_pdf", {"document_id": int(found[1])})
        content = await pdf_content(await open_desk(), int(found[1]), second_copy=bool(found[2]), face=FACE)
        if len(content) > MOST_BYTES:
            raise IxError(
                f"The PDF has {len(content)} bytes, and over MCP at most {MOST_BYTES} are handed on.",
                code="too_long",
                sent="refused",
                next="get_pdf gives it as a link, or on this machine as a file",
            )
        return types.BlobResourceContents(
            uri=uri, mime_type="application/pdf", blob=base64.b64encode(content).decode()
        )
    if found := _DOCUMENT.fullmatch(uri):
        arguments = {"document_type": found[1], "document_id": int(found[2])}
        return json_resource(uri, await perform(await open_desk(), "get_document", arguments, face=FACE))
    raise _unknown(uri, "There is no such resource.")


def _unknown(uri: str, message: str) -> MCPError:
    return MCPError(types.INVALID_PARAMS, message, {"uri": uri})
