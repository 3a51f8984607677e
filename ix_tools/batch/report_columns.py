"""Columns that a report adds to the columns of the source, and what they say when the report is fed in again."""

from collections.abc import Mapping
from dataclasses import dataclass

from ix_tools.batch.columns import normalize
from ix_tools.i18n.languages import Bilingual

REPORT_HEADINGS: Mapping[str, Bilingual] = {
    "status": Bilingual("ix_estado", "ix_status"),
    "id": Bilingual("ix_id", "ix_id"),
    "number": Bilingual("ix_numero", "ix_number"),
    "total": Bilingual("ix_total", "ix_total"),
    "problem": Bilingual("ix_problema", "ix_problem"),
    "key": Bilingual("ix_chave", "ix_key"),
}
"""Headings by what they hold. The key is the row's idempotency key with a digest of its cells."""


def find_report_column(heading: str) -> str | None:
    """Return what a column of a report holds; None for a column of the source."""
    wanted = normalize(heading)
    if not wanted.startswith("ix"):
        return None
    return next(
        (
            name
            for name, both in REPORT_HEADINGS.items()
            if wanted in {normalize(both.pt), normalize(both.en)}
        ),
        None,
    )


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """The result of a row in an earlier run."""

    status: str
    document_id: str
    key: str
    """The idempotency key; empty for a row that had none."""
    content: str
    """The digest of the row's cells at that time."""

    @classmethod
    def read(cls, cells: Mapping[str, str]) -> "EarlierResult | None":
        """Read the report's cells of a row; None if there are none."""
        key, _, content = cells.get("key", "").rpartition("#")
        if not any(cells.values()):
            return None
        return cls(cells.get("status", ""), cells.get("id", ""), key, content)
