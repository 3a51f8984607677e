"""The REST face: every tool as `POST /tools/{name}`, described in OpenAPI, for no-code flows and programs.

/tools/{name}                  POST: carry it out; GET: what only reads
/approvals/{id}                GET: how the question that a person must answer stands
/documents/{document_id}/pdf   GET: a PDF as it is
/openapi.json  /swagger.json   the same for other programs        /docs  /problems   the same for people
"""

from starlette.routing import Route

from ix_tools.desks import Hosting
from ix_tools.faces.rest import approvals, calling, pages, papers

__all__ = ["open_routes", "routes"]


def routes(hosting: Hosting) -> list[Route]:
    """What only callers that are known may use."""
    return [Route(room.PATH, room.endpoint(hosting)) for room in (calling, approvals, papers)]


def open_routes(hosting: Hosting) -> list[Route]:
    """What anyone may read: the description of this face."""
    return pages.pages(hosting)
