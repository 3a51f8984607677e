"""The pages for people: one approval behind its link, and the inbox of those who sign in.

    GET   /approve/SECRET    shows, and never decides
    POST  /approve/SECRET    decides, once: needs the link, this page's CSRF token, the right Host and Origin, and the PIN if one is set
    /inbox                   what waits, what was decided, figures, passkeys: needs a sign-in (`sign_in.py`)

The HTTP server mounts them as open routes; with the stdio server a small local server of their own serves the approval pages.
"""

from starlette.routing import BaseRoute

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.interfaces.web.history import HistoryPages
from ix_tools.interfaces.web.inbox import InboxPages
from ix_tools.interfaces.web.overview import OverviewPages
from ix_tools.interfaces.web.passkey_pages import PasskeyPages
from ix_tools.interfaces.web.provider_pages import ProviderPages
from ix_tools.interfaces.web.requests import Site
from ix_tools.interfaces.web.sign_in import SignInPages
from ix_tools.interfaces.web.views import ApprovalPages, SignIn
from ix_tools.interfaces.web.visitors import InboxServices, VisitorGuard
from ix_tools.pipeline.context_pool import ServerContext

__all__ = ["open_routes", "routes"]


def routes(server_context: ServerContext) -> list[BaseRoute]:
    """Return no authenticated routes."""
    return []


def open_routes(server_context: ServerContext, sign_in: SignIn | None = None) -> list[BaseRoute]:
    """Return the pages, for people with a link or a session; `sign_in` may require more of a link."""
    settings, store = server_context.settings, server_context.store

    def site() -> Site:
        return Site(server_context.address, server_context.people_address)

    approvals = ApprovalRepository(store, settings.approval_minutes)
    services = InboxServices(settings, store, site)
    can_sign = bool(server_context.people_address)
    pages = ApprovalPages(store, approvals, settings.language, site, sign_in, services if can_sign else None)
    guard = VisitorGuard(services)
    inbox = (
        SignInPages(services, guard),
        ProviderPages(services, guard),
        PasskeyPages(services, guard),
        InboxPages(services, guard),
        HistoryPages(services, guard),
        OverviewPages(services, guard),
    )
    return [*pages.routes(), *(route for one in inbox for route in one.routes())]
