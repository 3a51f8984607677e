"""The page face: what waits for a person, shown as a document, decided with Approve or Reject.

    GET   /approve/SECRET    shows, and never decides
    POST  /approve/SECRET    decides, once: the link, a token of this page, the right Host and Origin, and a PIN where one is set

Over HTTP it is `open_routes` of the server; on standard input and output a small server of its own (`local`).
"""

from starlette.routing import BaseRoute

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.interfaces.web.views import ApprovalPages, SignIn
from ix_tools.pipeline.context_pool import ServerContext

__all__ = ["open_routes", "routes"]


def routes(hosting: ServerContext) -> list[BaseRoute]:
    """Nothing behind the question which program is calling: it is people who come here."""
    return []


def open_routes(hosting: ServerContext, sign_in: SignIn | None = None) -> list[BaseRoute]:
    """The pages, for whoever has a link; `sign_in` may ask for more."""
    approvals = ApprovalRepository(hosting.store, hosting.settings.approval_minutes)
    counter = ApprovalPages(
        hosting.store, approvals, hosting.settings.language, lambda: hosting.address, sign_in
    )
    return counter.routes()
