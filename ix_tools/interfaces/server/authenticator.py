"""Authenticate callers: by static token, by the authorization server's access token, or as this machine's user."""

import logging
from collections.abc import Sequence

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.auth.oauth import Issuer, KeysUnavailable
from ix_tools.auth.principals import ALL_SCOPES, Principal
from ix_tools.auth.tokens import TOKEN_PREFIX, Tokens
from ix_tools.config.settings import Settings
from ix_tools.errors import StoreUnavailable
from ix_tools.i18n.messages import Message, message
from ix_tools.interfaces.mcp.http import METADATA_PATH, PATH, list_needed_scopes
from ix_tools.interfaces.server.problems import build_refusal, build_store_refusal
from ix_tools.operations.scopes import Scope
from ix_tools.storage.database import Store

log = logging.getLogger(__name__)


class Authenticator:
    """Finds the principal of a request."""

    def __init__(
        self, settings: Settings, store: Store, address: str, *, requires_authentication: bool
    ) -> None:
        """Prepare the ways to authenticate.

        Args:
            requires_authentication: if False, callers are anonymous until there is an issuer or ever was a token.
        """
        self._store = store
        self._tokens = Tokens(store)
        self._requires_authentication = requires_authentication
        self._checked_stamp: tuple[int, int] | None = None
        self._resource = f"{address}{PATH}"
        self._metadata = f"{address}{METADATA_PATH}"
        self._settings = settings
        self._scopes = " ".join(list_needed_scopes(settings)) if settings.oauth_issuer else ""
        self._issuer = (
            Issuer(settings, settings.oauth_audience or self._resource) if settings.oauth_issuer else None
        )
        self._local = Principal(settings.principal, ALL_SCOPES, tuple(settings.by_account()), "open")
        self.routes: Sequence[BaseRoute] = (
            [Route(METADATA_PATH, self._describe_resource, methods=["GET"])] if self._issuer else []
        )
        """Metadata from which clients learn how to authenticate."""

    @property
    def accepts_issuer(self) -> bool:
        """Return whether access tokens of an authorization server are accepted."""
        return self._issuer is not None

    async def allows_anonymous(self) -> bool:
        """Return whether callers need not authenticate: on this machine only, without an issuer, before the first token."""
        if self._requires_authentication:
            return False
        stamp = self._store.read_write_counter()
        if stamp is None or stamp != self._checked_stamp:
            # The first token turns authentication on in a running server; it then stays on, also after the token is revoked.
            self._requires_authentication = await anyio.to_thread.run_sync(self._tokens.has_tokens)
            self._checked_stamp = stamp
        return not self._requires_authentication

    async def authenticate(self, request: Request) -> Principal | Response:
        """Return the request's principal, or the response to a caller without valid credentials."""
        given = request.headers.getlist("authorization")
        if not given:
            try:
                return (
                    self._local
                    if await self.allows_anonymous()
                    else self._build_challenge(message("A bearer token is required."))
                )
            except StoreUnavailable as trouble:
                log.error("cannot look up whether callers must authenticate: %s", trouble)
                return build_store_refusal(trouble, self._settings.language)
        scheme, _, token = given[0].partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer" or not token.strip():
            return self._build_challenge(
                message("Send one header: Authorization: Bearer TOKEN."), "invalid_request"
            )
        try:
            found = await self._find_principal(token.strip())
        except StoreUnavailable as trouble:
            log.error("cannot look up tokens: %s", trouble)
            return build_store_refusal(trouble, self._settings.language)
        except KeysUnavailable:
            return build_refusal(
                "keys_unavailable",
                message("The issuer's keys cannot be read now."),
                self._settings.language,
                {"Retry-After": "30"},
            )
        return found or self._build_challenge(
            message("The token is unknown, revoked or expired."), "invalid_token"
        )

    async def _find_principal(self, token: str) -> Principal | None:
        if token.startswith(TOKEN_PREFIX):
            token_record = self._tokens.find_cached(token) or await anyio.to_thread.run_sync(
                self._tokens.find, token
            )
            return token_record.principal if token_record else None
        return await self._issuer.authenticate(token) if self._issuer else None

    def _build_challenge(self, detail: Message, error: str = "") -> Response:
        words = [f'error="{error}"'] if error else []
        if self._issuer:
            words.append(f'scope="{self._scopes}"')
            words.append(f'resource_metadata="{self._metadata}"')
        challenge = f"Bearer {', '.join(words)}".strip()
        return build_refusal(
            "not_signed_in", detail, self._settings.language, {"WWW-Authenticate": challenge}
        )

    async def _describe_resource(self, request: Request) -> Response:
        """Name the authorization server that issues tokens for this server (RFC 9728)."""
        body = {
            "resource": self._resource,
            "authorization_servers": [self._settings.oauth_issuer],
            "scopes_supported": [str(scope) for scope in Scope],
            "bearer_methods_supported": ["header"],
            "resource_name": "InvoiceXpress (ix-tools)",
        }
        return JSONResponse(body, headers={"Cache-Control": "public, max-age=300"})
