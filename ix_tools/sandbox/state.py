"""The state that a request works on: store, time, options and base URL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ix_tools.sandbox import seeds
from ix_tools.sandbox.options import Options
from ix_tools.sandbox.rows import Account, Document
from ix_tools.sandbox.store import Store


@dataclass(frozen=True)
class Books:
    """A request's view of the account."""

    store: Store
    now: datetime
    options: Options
    lag: float
    base_url: str

    @property
    def today(self) -> date:
        """Today's date in Lisbon."""
        return self.now.date()

    @property
    def issuer(self) -> Account:
        """The account, whose name and tax number are on every document."""
        return self.store.get(Account, seeds.ACCOUNT_ID) or seeds.build_issuer()

    def is_listed(self, document: Document) -> bool:
        """Tell whether lists already show a document, since they are delayed (trap 23)."""
        return datetime.fromisoformat(document.created_at) + timedelta(seconds=self.lag) <= self.now
