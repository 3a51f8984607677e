"""Whose account it is, in words a person knows: company and tax number, where several accounts could be meant.

What the settings say counts first, then what the account's own SAF-T file said, then what `get_account` said, if only one account
was ever read through it: its answer does not say whether it is this one. Else there is only the account's name.
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
    """What is known of the companies behind accounts."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._settings = settings

    def remember(self, account: str, told: tuple[str, Company] | None) -> None:
        """Note what a result told of an account's company; a read does not fail because that cannot be noted."""
        if told is None:
            return
        source, company = told
        row = {"name": company.name[:300], "nif": company.nif[:40]}
        mine = (companies.c.account == account) & (companies.c.source == source[:40])
        with suppress(StoreUnavailable):
            with self._store.reading() as connection:
                known = connection.execute(sql.select(companies).where(mine)).one_or_none()
            if known is not None and (known.name, known.nif) == (row["name"], row["nif"]):
                return
            with self._store.writing() as connection:
                now = self._store.now(connection)
                connection.execute(companies.delete().where(mine))
                where = {"account": account, "source": source[:40], "seen_at": now}
                connection.execute(companies.insert().values({**where, **row}))

    def find(self, account: str) -> Company | None:
        """The company behind an account, which is named as approvals and journal name it; None where nobody told."""
        for settings in self._settings.by_account().values():
            if account_name(settings) == account and settings.company:
                return Company(settings.company, settings.nif)
        with self._store.reading() as connection:
            rows = connection.execute(sql.select(companies).where(companies.c.account == account)).all()
        saft = [row for row in rows if row.source == SAFT]
        found = saft or (rows if len(rows) == 1 else [])
        return Company(found[0].name, found[0].nif) if found else None
