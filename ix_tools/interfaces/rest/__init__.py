"""The REST face: every tool as `POST /tools/{name}`, described in OpenAPI, for no-code flows and programs.

/tools/{name}                  POST: carry it out; GET: what only reads
/approvals/{id}                GET: how the question that a person must answer stands
/documents/{document_id}/pdf   GET: a PDF as it is
/openapi.json  /swagger.json   the same for other programs        /docs  /problems   the same for people
"""

from starlette.routing import Route

from ix_tools.interfaces.rest import approvals, docs_pages, pdf, tools
from ix_tools.pipeline.context_pool import ServerContext

__all__ = ["open_routes", "routes"]


def routes(hosting: ServerContext) -> list[Route]:
    """What only callers that are known may use."""
    return [Route(room.PATH, room.endpoint(hosting)) for room in (tools, approvals, pdf)]


def open_routes(hosting: ServerContext) -> list[Route]:
    """What anyone may read: the description of this face."""
    return docs_pages.build_routes(hosting)
