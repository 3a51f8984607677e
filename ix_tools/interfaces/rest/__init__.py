"""The REST interface: every tool as `POST /tools/{name}`, described in OpenAPI, for no-code flows and programs.

/tools/{name}                  POST: run it; GET: run one that only reads
/approvals/{id}                GET: state of an approval request
/events                        GET: what happened, from a cursor on
/batches  /batches/{id}         POST: a file of documents; GET: how far it is
/webhooks                      POST, GET, DELETE: addresses that are told of events, and what was delivered to them
/documents/{document_id}/pdf   GET: a document's PDF
/openapi.json  /swagger.json   the description for programs        /docs  /problems   the description for people
"""

from starlette.routing import Route

from ix_tools.interfaces.rest import approvals, batches, docs_pages, events, pdf, tools, webhooks
from ix_tools.interfaces.rest.endpoint import add_old_addresses
from ix_tools.pipeline.context_pool import ServerContext

__all__ = ["RESOURCES", "open_routes", "routes"]

SINGLE = (tools, approvals, events, pdf)
SEVERAL = (batches, webhooks)
RESOURCES = (*SINGLE, *SEVERAL)
"""The modules with an address; it is their PATH."""


def routes(server_context: ServerContext) -> list[Route]:
    """Return the routes for authenticated callers."""
    single = {one.PATH: [Route(one.PATH, one.build_endpoint(server_context))] for one in SINGLE}
    several = {one.PATH: one.build_routes(server_context) for one in SEVERAL}
    return [
        route for path, below in {**single, **several}.items() for route in add_old_addresses(path, below)
    ]


def open_routes(server_context: ServerContext) -> list[Route]:
    """Return the routes without authentication: the description of this interface."""
    return docs_pages.build_routes(server_context)
