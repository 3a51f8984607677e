"""What a request works on: the store, the box's time, its options, and where it can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ix_tools.sandbox import seeds
from ix_tools.sandbox.options import Options
from ix_tools.sandbox.rows import Account, Document
from ix_tools.sandbox.store import Store


@dataclass(frozen=True)
class Books:
    """One request's view of the account."""

    store: Store
    now: datetime
    options: Options
    lag: float
    base_url: str

    @property
    def today(self) -> date:
        """The day in Lisbon."""
        return self.now.date()

    @property
    def issuer(self) -> Account:
        """The account itself, whose name and number stand on every document."""
        return self.store.get(Account, seeds.ACCOUNT_ID) or seeds.build_issuer()

    def is_listed(self, document: Document) -> bool:
        """Whether a list already knows this document: listing is late (trap 23)."""
        return datetime.fromisoformat(document.created_at) + timedelta(seconds=self.lag) <= self.now
