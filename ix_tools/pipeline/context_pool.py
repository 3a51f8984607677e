"""Desks for many callers in many accounts: one store, and one HTTP client and pace per account, for all of them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ix_tools.approvals.links import Pages
from ix_tools.auth.principals import Principal
from ix_tools.config.settings import Settings
from ix_tools.pipeline.context import Desk, store_of
from ix_tools.storage.database import Store

if TYPE_CHECKING:
    from starlette.requests import Request

ACCOUNT = "account"
"""The argument of a call that names the account; a request header `Ix-Account` says the same."""
HEADER = "ix-account"
MOST = 512
"""Desks that are kept; making one again costs a look for what a crash left open."""


class Hosting(Protocol):
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

    def principal(self, request: "Request") -> Principal:
        """Who sent a request; only on routes that ask for it (`routes`, not `open_routes`)."""

    async def desk(self, request: "Request", account: str | None = None) -> Desk:
        """The desk of whoever sent a request, in the account they name there or here; NotPermitted when it is not theirs."""


class Desks:
    """The desks of a server. Open it once, ask it for a desk at every call, close it."""

    def __init__(self, settings: Settings, open_desk: Callable[..., Desk] = Desk.open) -> None:
        """Nothing is contacted or opened yet."""
        self._open_desk = open_desk
        self.store = store_of(settings)
        self.accounts: Mapping[str, Settings] = settings.by_account()
        """The settings of each account, by the name that callers use."""
        self.pages: Pages | None = None
        """Whoever shows the pages of approvals, once the server knows its address."""
        self._shared: dict[str, Desk] = {}
        self._kept: OrderedDict[tuple[Principal, str], Desk] = OrderedDict()

    def of(self, principal: Principal, account: str | None = None) -> Desk:
        """The desk of a caller in an account of theirs."""
        name = principal.account(account)
        key = (principal, name)
        desk = self._kept.get(key)
        if desk is None:
            shared = self._of_account(name)
            settings = shared.settings.model_copy(update={"principal": principal.name})
            desk = self._kept[key] = replace(
                shared, settings=settings, scopes=principal.scopes, pages=self.pages, reads_files=False
            )
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return desk

    def _of_account(self, name: str) -> Desk:
        if name not in self._shared:
            self._shared[name] = self._open_desk(self.accounts[name], store=self.store)
        return self._shared[name]

    async def close(self) -> None:
        """Close every connection."""
        for desk in self._shared.values():
            await desk.account.close()
        self.store.close()


def account_in(arguments: Mapping[str, Any], header: str | None = None) -> tuple[str | None, dict[str, Any]]:
    """The account that a call names, in its arguments or in the header, and the arguments without it."""
    rest = dict(arguments)
    named = rest.pop(ACCOUNT, None)
    return (str(named) if named is not None else header or None), rest
