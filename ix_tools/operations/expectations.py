"""Expected state after a write, suggested next calls, and corrections of what cannot be undone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ix_tools.domain.types import Record


@dataclass(frozen=True, slots=True)
class Subject:
    """The one thing, no document, that a call is about: where to read it, before as a fact and after to compare."""

    path: str
    name: str
    """The key around the answer, and the field of the result that shows it: `client`."""
    record: type[Record]

    @property
    def title(self) -> str:
        """How journal and audit trail call it: `clients/501`."""
        parts = self.path.removesuffix(".json").split("/")
        return "/".join(part for part in parts if part not in {"", "api", "get"})


@dataclass(frozen=True, slots=True)
class Correction:
    """What would correct a result that cannot be undone; `undo` has the words, the date and the law for the plan."""

    plan: str
    steps: tuple["Step", ...] = ()
    since: date | None = None
    """The day that deadlines count from."""


@dataclass(frozen=True, slots=True)
class ExpectedState:
    """What a document must read back as, or it is reported and held; what any other thing must, or it is reported."""

    values: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A sensible next call, as every success names it."""

    tool: str
    why: str
    arguments: Mapping[str, Any] | None = field(default_factory=dict)
    """None: those of the call itself, which is to be repeated word for word."""

    def as_dict(self) -> dict[str, Any]:
        """As results show it."""
        arguments = {} if self.arguments is None else {"arguments": dict(self.arguments)}
        return {"tool": self.tool, **arguments, "why": self.why}
