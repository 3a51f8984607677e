"""Desks for many callers in many accounts: one store, and one HTTP client and pace per account, for all of them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ix_tools.approvals.links import PageHost
from ix_tools.auth.principals import Principal
from ix_tools.config.settings import Settings
from ix_tools.pipeline.context import CallContext, create_store
from ix_tools.storage.database import Store

if TYPE_CHECKING:
    from starlette.requests import Request

ACCOUNT_ARGUMENT = "account"
"""The argument of a call that names the account; a request header `Ix-Account` says the same."""
ACCOUNT_HEADER = "ix-account"
MAX_CONTEXTS = 512
"""Desks that are kept; making one again costs a look for what a crash left open."""


class ServerContext(Protocol):
    """What faces on the HTTP server are lent by it."""

    @property
    def settings(self) -> Settings:
        """The server's settings."""

    @property
    def store(self) -> Store:
        """The store that all accounts share."""

    @property
    def address(self) -> str:
        """Where clients reach the server: scheme, host and port, without a slash at the end."""

    def get_principal(self, request: "Request") -> Principal:
        """Who sent a request; only on routes that ask for it (`routes`, not `open_routes`)."""

    async def open_context(self, request: "Request", account: str | None = None) -> CallContext:
        """The desk of whoever sent a request, in the account they name there or here; NotPermitted when it is not theirs."""


class ContextPool:
    """The desks of a server. Open it once, ask it for a desk at every call, close it."""

    def __init__(self, settings: Settings, open_desk: Callable[..., CallContext] = CallContext.open) -> None:
        """Nothing is contacted or opened yet."""
        self._open_context = open_desk
        self.store = create_store(settings)
        self.accounts: Mapping[str, Settings] = settings.by_account()
        """The settings of each account, by the name that callers use."""
        self.page_host: PageHost | None = None
        """Whoever shows the pages of approvals, once the server knows its address."""
        self._by_account: dict[str, CallContext] = {}
        self._by_principal: OrderedDict[tuple[Principal, str], CallContext] = OrderedDict()

    def for_principal(self, principal: Principal, account: str | None = None) -> CallContext:
        """The desk of a caller in an account of theirs."""
        name = principal.choose_account(account)
        key = (principal, name)
        desk = self._by_principal.get(key)
        if desk is None:
            shared = self._for_account(name)
            settings = shared.settings.model_copy(update={"principal": principal.name})
            desk = self._by_principal[key] = replace(
                shared,
                settings=settings,
                scopes=principal.scopes,
                page_host=self.page_host,
                can_read_files=False,
            )
            if len(self._by_principal) > MAX_CONTEXTS:
                self._by_principal.popitem(last=False)
        self._by_principal.move_to_end(key)
        return desk

    def _for_account(self, name: str) -> CallContext:
        if name not in self._by_account:
            self._by_account[name] = self._open_context(self.accounts[name], store=self.store)
        return self._by_account[name]

    async def close(self) -> None:
        """Close every connection."""
        for desk in self._by_account.values():
            await desk.account.close()
        self.store.close()


def extract_account(
    arguments: Mapping[str, Any], header: str | None = None
) -> tuple[str | None, dict[str, Any]]:
    """The account that a call names, in its arguments or in the header, and the arguments without it."""
    rest = dict(arguments)
    named = rest.pop(ACCOUNT_ARGUMENT, None)
    return (str(named) if named is not None else header or None), rest
