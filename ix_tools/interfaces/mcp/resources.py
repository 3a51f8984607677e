"""Read MCP resources: the exemption table, a document by type and id, and its PDF."""

import base64
import re
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from ix_tools.errors import InvalidArguments, IxError, NotFound
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message
from ix_tools.interfaces.mcp import scope_challenge
from ix_tools.interfaces.mcp.outgoing import build_json_resource
from ix_tools.pipeline.execute import CallContext, CallOrigin, execute, parse
from ix_tools.pipeline.pdf_content import fetch_pdf
from ix_tools.schemas.resources import EXEMPTIONS_URI

ORIGIN = CallOrigin("mcp")
"""The interface's name in policy, journal and traces; reading a resource is a call like any other."""
MAX_PDF_BYTES = 4 * 1024 * 1024
"""Largest PDF in a response: base64 makes it a third larger, and hosts keep it in memory."""
_PDF_URI = re.compile(r"ix://documents/([0-9]{1,16})/pdf(\?second_copy=true)?")
_DOCUMENT_URI = re.compile(r"ix://documents/([a-z_]+)/([0-9]{1,16})")


async def load_resource(
    open_context: Callable[[], Awaitable[CallContext]], uri: str, request: Any, language: Language
) -> types.ReadResourceResult:
    """Return the content of a URI. An unknown URI is a protocol error that names it.

    Args:
        request: the HTTP request, or None over stdio.
        language: the person's.
    """
    try:
        return types.ReadResourceResult(contents=[await _load_content(open_context, uri)])
    except (NotFound, InvalidArguments) as miss:
        raise _build_not_found(uri, str(miss)) from None
    except IxError as refusal:
        scope_challenge.remember_missing_scope(request, refusal)
        raise MCPError(types.INTERNAL_ERROR, str(refusal), refusal.as_dict(language)) from None


async def _load_content(
    open_context: Callable[[], Awaitable[CallContext]], uri: str
) -> types.TextResourceContents | types.BlobResourceContents:
    if uri == EXEMPTIONS_URI:
        listed = await execute(await open_context(), "lookup_exemption_codes", {"all": True}, origin=ORIGIN)
        return build_json_resource(uri, listed.body)
    if found := _PDF_URI.fullmatch(uri):
        parse("get_pdf", {"document_id": int(found[1])})
        content, _ = await fetch_pdf(
            await open_context(), int(found[1]), second_copy=bool(found[2]), face=ORIGIN.face
        )
        if len(content) > MAX_PDF_BYTES:
            raise IxError(
                message(
                    "The PDF has {size} bytes, and over MCP at most {limit} are handed on.",
                    size=len(content),
                    limit=MAX_PDF_BYTES,
                ),
                code="too_long",
                sent="refused",
                next=message("get_pdf gives it as a link, or on this machine as a file"),
            )
        return types.BlobResourceContents(
            uri=uri, mime_type="application/pdf", blob=base64.b64encode(content).decode()
        )
    if found := _DOCUMENT_URI.fullmatch(uri):
        arguments = {"document_type": found[1], "document_id": int(found[2])}
        read = await execute(await open_context(), "get_document", arguments, origin=ORIGIN)
        return build_json_resource(uri, read.body)
    raise _build_not_found(uri, "There is no such resource.")


def _build_not_found(uri: str, message: str) -> MCPError:
    return MCPError(types.INVALID_PARAMS, message, {"uri": uri})
