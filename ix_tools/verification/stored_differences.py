"""Differences between requested and stored documents, kept until the document reads back as requested."""

from collections.abc import Callable, Sequence

import sqlalchemy as sql

from ix_tools.domain.comparison import Difference
from ix_tools.storage.database import Store
from ix_tools.storage.schema import differences


class StoredDifferences:
    """The read-back differences in a store."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._clock = clock

    def save(self, account: str, kind: str, number: int, found: Sequence[Difference]) -> None:
        """Store a document's differences; delete them if there are none any more."""
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

    def load(self, account: str, kind: str, number: int) -> tuple[Difference, ...]:
        """Return the stored differences of a document."""
        key = _match_document(account, kind, number)
        with self._store.reading() as connection:
            row = connection.execute(sql.select(differences.c.found).where(key)).one_or_none()
        return tuple(Difference(**one) for one in row.found) if row else ()


def _match_document(account: str, kind: str, number: int) -> sql.ColumnElement[bool]:
    return (
        (differences.c.account == account)
        & (differences.c.document_type == kind)
        & (differences.c.document_id == number)
    )
