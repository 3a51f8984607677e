"""Expected state after a write, suggested next calls, and corrections of what cannot be undone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ix_tools.domain.types import Record
from ix_tools.i18n.messages import Message


@dataclass(frozen=True, slots=True)
class Subject:
    """Reference to the resource, other than a document, that a call changes: read before as a fact and after to compare."""

    path: str
    name: str
    """Envelope of the answer, and field of the result: `client`."""
    record: type[Record]

    @property
    def title(self) -> str:
        """Name in the journal and the audit trail: `clients/501`."""
        parts = self.path.removesuffix(".json").split("/")
        return "/".join(part for part in parts if part not in {"", "api", "get"})


@dataclass(frozen=True, slots=True)
class Correction:
    """Plan and calls that would correct a result; pipeline/corrections adds text, deadline and law."""

    plan: str
    steps: tuple["Step", ...] = ()
    since: date | None = None
    """Day from which deadlines count."""


@dataclass(frozen=True, slots=True)
class ExpectedState:
    """Expected state after the write. Differences are reported; a document that differs is also not finalized unasked."""

    values: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Suggestion for the next call, part of every successful result."""

    tool: str
    why: Message
    arguments: Mapping[str, Any] | None = field(default_factory=dict)
    """None: repeat the call with the same arguments."""
