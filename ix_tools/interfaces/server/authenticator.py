"""Who is calling: a static token, an access token of the authorization server, or whoever uses this machine."""

import logging
from collections.abc import Sequence

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.auth.oauth import Issuer, KeysUnavailable
from ix_tools.auth.principals import EVERYTHING, Principal
from ix_tools.auth.tokens import PREFIX, Tokens
from ix_tools.config.settings import Settings
from ix_tools.errors import StoreUnavailable
from ix_tools.interfaces.mcp.http import METADATA, PATH, scopes_listed
from ix_tools.interfaces.server.problems import refusal, store_refusal
from ix_tools.operations.scopes import Scope
from ix_tools.storage.database import Store

log = logging.getLogger(__name__)


class Callers:
    """Finds out who is calling."""

    def __init__(self, settings: Settings, store: Store, address: str, *, needed: bool) -> None:
        """`needed`: whether whoever calls must say who they are; only a server for this machine alone may not ask."""
        self._store = store
        self._tokens = Tokens(store)
        self._needed = needed
        self._looked: tuple[int, int] | None = None
        self._resource = f"{address}{PATH}"
        self._metadata = f"{address}{METADATA}"
        self._settings = settings
        self._scopes = " ".join(scopes_listed(settings)) if settings.oauth_issuer else ""
        self._issuer = (
            Issuer(settings, settings.oauth_audience or self._resource) if settings.oauth_issuer else None
        )
        self._local = Principal(settings.principal, EVERYTHING, tuple(settings.by_account()))
        self.routes: Sequence[BaseRoute] = (
            [Route(METADATA, self._described, methods=["GET"])] if self._issuer else []
        )

    async def everybody(self) -> bool:
        if self._needed:
            return False
        stamp = self._store.stamp()
        if stamp is None or stamp != self._looked:
            # The first token closes a server that is already running; and it stays closed, whatever becomes of the token.
            self._needed = await anyio.to_thread.run_sync(self._tokens.any_made)
            self._looked = stamp
        return not self._needed

    async def caller(self, request: Request) -> Principal | Response:
        given = request.headers.getlist("authorization")
        if not given:
            try:
                return self._local if await self.everybody() else self._unknown("A bearer token is needed.")
            except StoreUnavailable as trouble:
                log.error("whether callers are asked cannot be looked up: %s", trouble.message)
                return store_refusal(trouble)
        scheme, _, token = given[0].partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer" or not token.strip():
            return self._unknown("Send one header: Authorization: Bearer TOKEN.", "invalid_request")
        try:
            found = await self._found(token.strip())
        except StoreUnavailable as trouble:
            log.error("tokens cannot be looked up: %s", trouble.message)
            return store_refusal(trouble)
        except KeysUnavailable:
            return refusal("keys_unavailable", "The issuer's keys cannot be read now.", {"Retry-After": "30"})
        return found or self._unknown("The token is not known here, or no longer good.", "invalid_token")

    async def _found(self, token: str) -> Principal | None:
        if token.startswith(PREFIX):
            known = self._tokens.at_hand(token) or await anyio.to_thread.run_sync(self._tokens.find, token)
            return known.principal if known else None
        return await self._issuer.principal(token) if self._issuer else None

    def _unknown(self, detail: str, error: str = "") -> Response:
        words = [f'error="{error}"'] if error else []
        if self._issuer:
            words.append(f'scope="{self._scopes}"')
            words.append(f'resource_metadata="{self._metadata}"')
        challenge = f"Bearer {', '.join(words)}".strip()
        return refusal("not_signed_in", detail, {"WWW-Authenticate": challenge})

    async def _described(self, request: Request) -> Response:
        """RFC 9728: which authorization server gives tokens for this server."""
        body = {
            "resource": self._resource,
            "authorization_servers": [self._settings.oauth_issuer],
            "scopes_supported": [str(scope) for scope in Scope],
            "bearer_methods_supported": ["header"],
            "resource_name": "InvoiceXpress (ix-tools)",
        }
        return JSONResponse(body, headers={"Cache-Control": "public, max-age=300"})
