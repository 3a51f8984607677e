"""Probes that detect whether a write took effect when its response was lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Protocol

from ix_tools.i18n.messages import NO_MESSAGE, Message


class Outcome(Enum):
    """Outcome of a write whose response was lost."""

    DONE = "it happened"
    NOT_DONE = "it did not happen"
    UNKNOWN = "nobody can tell yet"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Result of a probe, with the content that the lost response would have had."""

    outcome: Outcome
    content: Any = None
    observation: Message = NO_MESSAGE
    created: str = ""
    """New document or receipt that was recognised, as `receipts/1008`; no other intent may claim it."""


class Probe(Protocol):
    """Read access to the account for detecting outcomes. A failed look-up raises; it never counts as absence."""

    async def read_document(self, kind: str, number: int) -> Mapping[str, Any] | None:
        """Return a document as it is now; None if it does not exist."""
        ...

    async def read_related(self, number: int) -> list[Mapping[str, Any]]:
        """Return the documents related to one."""
        ...

    async def read_series(self, number: int) -> Mapping[str, Any] | None:
        """Return a series as it is now; None if it does not exist."""
        ...

    async def read_resource(self, path: str, name: str) -> Mapping[str, Any] | None:
        """Return any other resource as it is now; None if it does not exist."""
        ...

    async def find_client(self, code: str) -> Mapping[str, Any] | None:
        """Return the client with exactly this code; None if there is none."""
        ...

    async def list_rows(self, path: str, key: str) -> list[Mapping[str, Any]]:
        """Return every row of a list, over all its pages."""
        ...

    async def list_newest(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Return documents of a type with an id above `after`, filtered by date where the list allows it.

        A list shows a new document some seconds late.
        """
        ...

    async def list_claimed(self, made: Iterable[str]) -> set[str]:
        """Return those of the given documents and receipts that other intents have claimed."""
        ...

    @property
    def is_request_over(self) -> bool:
        """True when the request can no longer take effect: an unchanged resource stays unchanged."""
        ...

    @property
    def is_list_current(self) -> bool:
        """True when, in addition, lists have had time to show every new document."""
        ...
