"""MCP resources and resource templates."""

from typing import Any

EXEMPTIONS_URI = "ix://exemption-codes"
RESOURCES: list[dict[str, Any]] = [
    {
        "uri": EXEMPTIONS_URI,
        "name": "exemption-codes",
        "title": "VAT exemption codes (motivos de isenção)",
        "description": "Every code with the text printed, the law, its validity, in Portuguese.",
        "mimeType": "application/json",
    }
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "uriTemplate": "ix://documents/{document_type}/{document_id}",
        "name": "document",
        "title": "A document",
        "description": "Any document by type and id, as get_document gives it.",
        "mimeType": "application/json",
    },
    {
        "uriTemplate": "ix://documents/{document_id}/pdf",
        "name": "pdf",
        "title": "A document's PDF",
        "description": "The PDF of an issued document.",
        "mimeType": "application/pdf",
    },
]
