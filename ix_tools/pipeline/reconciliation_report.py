"""Report of a reconciliation: the month, its findings and the summary of each series."""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, render

Kind = Literal["orphan", "duplicate", "no_document", "gap", "unknown", "twice", "draft"]
NEEDS_ATTENTION: frozenset[Kind] = frozenset({"orphan", "duplicate", "no_document", "gap", "unknown"})
"""Kinds of findings that need attention; the others are for information."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month."""

    first: date
    last: date

    @classmethod
    def containing(cls, day: date) -> "Month":
        """Return the month that contains a day."""
        return cls(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))

    @property
    def name(self) -> str:
        """The month as text: 2026-11."""
        return f"{self.first:%Y-%m}"

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class ReconciliationFinding:
    """A difference between account, journal and audit trail."""

    kind: Kind
    why: Message
    document_type: str = ""
    id: int | None = None
    number: str = ""
    status: str = ""
    date: str = ""
    total: str = ""
    intent: str = ""

    def as_dict(self, language: Language = "en") -> dict[str, Any]:
        """Return the finding as results show it."""
        names = [name for name in ReconciliationFinding.__slots__ if name not in {"kind", "why"}]
        shown = {name: value for name in names if (value := getattr(self, name)) not in ("", None)}
        return {"kind": self.kind, **shown, "why": render(self.why, language)}


@dataclass(frozen=True, slots=True)
class SeriesSummary:
    """Documents of one type in one series within the month."""

    document_type: str
    serie: str
    issued: int
    matched: int
    first: int
    last: int


@dataclass
class ReconciliationReport:
    """The result of a reconciliation."""

    month: Month
    account: str
    documents: int = 0
    series: list[SeriesSummary] = field(default_factory=list)
    findings: list[ReconciliationFinding] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether no finding needs attention."""
        return not any(one.kind in NEEDS_ATTENTION for one in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "ok": self.ok,
            "month": self.month.name,
            "account": self.account,
            "documents": self.documents,
            "series": [{name: getattr(one, name) for name in SeriesSummary.__slots__} for one in self.series],
            "found": [one.as_dict() for one in self.findings],
            "notes": [str(one) for one in self.notes],
        }
