"""Repository of the company and tax number behind each account.

The settings count first, then the account's SAF-T file, then `get_account`, but only if it has read a single account: its
answer does not say which account it belongs to.
"""

from contextlib import suppress

import sqlalchemy as sql

from ix_tools.api_client.client import account_name
from ix_tools.config.settings import Settings
from ix_tools.domain.records import Company
from ix_tools.errors import StoreUnavailable
from ix_tools.storage.database import Store
from ix_tools.storage.schema import companies

SAFT = "saft"


class CompanyRepository:
    """Company name and tax number by account."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Keep the store for later; nothing is opened yet."""
        self._store = store
        self._settings = settings

    def remember(self, account: str, identified: tuple[str, Company] | None) -> None:
        """Store the company that a result named. A read does not fail when this cannot be stored."""
        if identified is None:
            return
        source, company = identified
        row = {"name": company.name[:300], "nif": company.nif[:40]}
        same_source = (companies.c.account == account) & (companies.c.source == source[:40])
        with suppress(StoreUnavailable):
            with self._store.reading() as connection:
                known = connection.execute(sql.select(companies).where(same_source)).one_or_none()
            if known is not None and (known.name, known.nif) == (row["name"], row["nif"]):
                return
            with self._store.writing() as connection:
                now = self._store.now(connection)
                connection.execute(companies.delete().where(same_source))
                key = {"account": account, "source": source[:40], "seen_at": now}
                connection.execute(companies.insert().values({**key, **row}))

    def find(self, account: str) -> Company | None:
        """Return the company of an account (named as in approvals and journal), or None if it is unknown."""
        for settings in self._settings.by_account().values():
            if account_name(settings) == account and settings.company:
                return Company(settings.company, settings.nif)
        with self._store.reading() as connection:
            rows = connection.execute(sql.select(companies).where(companies.c.account == account)).all()
        saft = [row for row in rows if row.source == SAFT]
        found = saft or (rows if len(rows) == 1 else [])
        return Company(found[0].name, found[0].nif) if found else None
