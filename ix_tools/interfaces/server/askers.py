"""The askers of parked calls on the HTTP server: what they signed in with is judged again before their call is carried out."""

import time

import anyio

from ix_tools.auth.principals import Principal
from ix_tools.auth.tokens import Tokens
from ix_tools.errors import NotPermitted
from ix_tools.i18n.messages import message
from ix_tools.interfaces.driver.askers import Asker
from ix_tools.interfaces.server.authenticator import Authenticator
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.context_pool import ContextPool

KINDS = frozenset({"token", "oauth", "open"})
"""Kinds of credentials that this server gives and judges."""


class ServerAskers:
    """The callers of the HTTP server, whichever process or host they called."""

    def __init__(self, pool: ContextPool, authenticator: Authenticator) -> None:
        """Keep the parts."""
        self._pool = pool
        self._tokens = Tokens(pool.store)
        self._authenticator = authenticator

    def drives(self, call: Asker) -> bool:
        """Return whether the call came over HTTP, to an account of this server."""
        return call.credential.partition(":")[0] in KINDS and call.account_label in self._pool.accounts

    async def open_context(self, call: Asker) -> CallContext:
        """Return the asker's context with today's scopes and accounts.

        An access token is judged by its own expiry, because the issuer tells nobody when it takes one back; a token of this server
        by its present state.
        """
        kind, _, detail = call.credential.partition(":")
        principal: Principal | None = None
        if kind == "token":
            token = await anyio.to_thread.run_sync(self._tokens.find_by_id, detail)
            principal = token.principal if token is not None and token.name == call.principal else None
        elif kind == "oauth":
            valid = self._authenticator.accepts_issuer and detail.isdecimal() and int(detail) > time.time()
            principal = self._restore(call) if valid else None
        elif kind == "open":
            principal = self._restore(call) if await self._authenticator.allows_anonymous() else None
        if principal is None:
            raise NotPermitted(
                message("What the caller signed in with when asking is revoked or has expired."),
                code="credential_ended",
                next=message(
                    "sign in again and repeat the call; a person approves it again if this approval has ended"
                ),
            )
        context = self._pool.for_principal(principal, call.account_label)
        if context.account.name != call.account:
            raise NotPermitted(
                message("The account of this name is another one now."),
                code="account_not_permitted",
                next=message("repeat the call; a person approves it for the present account"),
            )
        return context

    def _restore(self, call: Asker) -> Principal:
        known = {str(one): one for one in Scope}
        scopes = frozenset(known[word] for word in call.scopes if word in known)
        return Principal(call.principal, scopes, (call.account_label,), call.credential)
