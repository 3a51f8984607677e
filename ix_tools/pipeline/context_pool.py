"""Pool of call contexts for many callers and accounts: one shared store, one HTTP client and rate limit per account."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ix_tools.approvals.links import PageHost
from ix_tools.auth.principals import Principal
from ix_tools.config.settings import Settings
from ix_tools.pipeline.context import Batches, CallContext, create_store
from ix_tools.schemas.account_parameter import ACCOUNT_ARGUMENT
from ix_tools.storage.database import Store

if TYPE_CHECKING:
    from starlette.requests import Request

ACCOUNT_HEADER = "ix-account"
MAX_CONTEXTS = 512
"""Contexts kept at most; a new one must first check for intents left open by a crash."""


class ServerContext(Protocol):
    """The services that the HTTP server provides to its interfaces."""

    @property
    def settings(self) -> Settings:
        """The server's settings."""
        ...

    @property
    def store(self) -> Store:
        """The store shared by all accounts."""
        ...

    @property
    def address(self) -> str:
        """The server's public address: scheme, host and port, without a slash at the end."""
        ...

    @property
    def people_address(self) -> str:
        """The address under which people sign in; empty if they cannot."""
        ...

    def get_principal(self, request: "Request") -> Principal:
        """Return the principal of a request; only on authenticated routes (`routes`, not `open_routes`)."""
        ...

    async def open_context(self, request: "Request", account: str | None = None) -> CallContext:
        """Return the context of a request's principal in the account named by the request or by `account`.

        Raises:
            NotPermitted: The principal may not use this account.
        """
        ...


class ContextPool:
    """The call contexts of a server, one per principal and account."""

    def __init__(self, settings: Settings, open_desk: Callable[..., CallContext] = CallContext.open) -> None:
        """Create the shared store; nothing is contacted or opened yet."""
        self._open_context = open_desk
        self.store = create_store(settings)
        self.accounts: Mapping[str, Settings] = settings.by_account()
        """Settings by the account name that callers use."""
        self.page_host: PageHost | None = None
        """The host of approval pages, set once the server knows its address."""
        self.batches: Batches | None = None
        """What carries batches for the callers, if the server does."""
        self._by_account: dict[str, CallContext] = {}
        self._by_principal: OrderedDict[tuple[Principal, str], CallContext] = OrderedDict()

    def for_principal(self, principal: Principal, account: str | None = None) -> CallContext:
        """Return the context of a principal in one of its accounts."""
        name = principal.choose_account(account)
        key = (principal, name)
        context = self._by_principal.get(key)
        if context is None:
            shared = self._for_account(name)
            settings = shared.settings.model_copy(update={"principal": principal.name})
            context = self._by_principal[key] = replace(
                shared,
                settings=settings,
                account_label=name,
                scopes=principal.scopes,
                page_host=self.page_host,
                batches=self.batches,
                can_read_files=False,
            )
            if len(self._by_principal) > MAX_CONTEXTS:
                self._by_principal.popitem(last=False)
        self._by_principal.move_to_end(key)
        return context

    def for_server(self, account: str) -> CallContext:
        """Return the context of an account for what the server does by itself."""
        return self._for_account(account)

    def _for_account(self, name: str) -> CallContext:
        if name not in self._by_account:
            self._by_account[name] = self._open_context(self.accounts[name], store=self.store)
        return self._by_account[name]

    async def close(self) -> None:
        """Close every account's connections and the store."""
        for context in self._by_account.values():
            await context.account.close()
        self.store.close()


def extract_account(
    arguments: Mapping[str, Any], header: str | None = None
) -> tuple[str | None, dict[str, Any]]:
    """Return the account named in the arguments or the header, and the arguments without it."""
    rest = dict(arguments)
    named = rest.pop(ACCOUNT_ARGUMENT, None)
    return (str(named) if named is not None else header or None), rest
