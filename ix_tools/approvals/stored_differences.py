"""Documents that read back differently from what was asked: remembered until they read back right."""

from collections.abc import Callable, Sequence

import sqlalchemy as sql

from ix_tools.domain.comparison import Difference
from ix_tools.storage.database import Store
from ix_tools.storage.schema import differences


class StoredDifferenceRepository:
    """The differences that are kept in this store."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._clock = self.clock = clock

    @property
    def store(self) -> Store:
        """Where approvals are kept."""
        return self._store

    def save_differences(self, account: str, kind: str, number: int, found: Sequence[Difference]) -> None:
        """Remember that a document reads back differently; forget it when it reads back right."""
        key = _match_document(account, kind, number)
        with self._store.writing() as connection:
            connection.execute(differences.delete().where(key))
            if found:
                connection.execute(
                    differences.insert().values(
                        account=account,
                        document_type=kind,
                        document_id=number,
                        found=[one.as_dict() for one in found],
                        created_at=self._clock(),
                    )
                )

    def load_differences(self, account: str, kind: str, number: int) -> tuple[Difference, ...]:
        """How a document differs from what was asked, as far as we know."""
        key = _match_document(account, kind, number)
        with self._store.writing() as connection:
            row = connection.execute(sql.select(differences.c.found).where(key)).one_or_none()
        return tuple(Difference(**one) for one in row.found) if row else ()


def _match_document(account: str, kind: str, number: int) -> sql.ColumnElement[bool]:
    return (
        (differences.c.account == account)
        & (differences.c.document_type == kind)
        & (differences.c.document_id == number)
    )
