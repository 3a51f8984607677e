"""The approval pages: show a pending request as a document with Approve and Reject.

    GET   /approve/SECRET    shows, and never decides
    POST  /approve/SECRET    decides, once: needs the link, this page's CSRF token, the right Host and Origin, and the PIN if one is set

The HTTP server mounts them as open routes; with the stdio server a small local server of their own serves them.
"""

from starlette.routing import BaseRoute

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.interfaces.web.views import ApprovalPages, SignIn
from ix_tools.pipeline.context_pool import ServerContext

__all__ = ["open_routes", "routes"]


def routes(server_context: ServerContext) -> list[BaseRoute]:
    """Return no authenticated routes."""
    return []


def open_routes(server_context: ServerContext, sign_in: SignIn | None = None) -> list[BaseRoute]:
    """Return the pages, for people with a link; `sign_in` may require more."""
    approvals = ApprovalRepository(server_context.store, server_context.settings.approval_minutes)
    pages = ApprovalPages(
        server_context.store,
        approvals,
        server_context.settings.language,
        lambda: server_context.address,
        sign_in,
    )
    return pages.routes()
