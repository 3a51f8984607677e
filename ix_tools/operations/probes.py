"""Probes that detect whether a write took effect when its response was lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Protocol


class Outcome(Enum):
    """The answer to: the connection died; did it happen?"""

    DONE = "it happened"
    NOT_DONE = "it did not happen"
    UNKNOWN = "nobody can tell yet"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What was found, with the content that the answer would have had."""

    outcome: Outcome
    content: Any = None
    observation: str = ""
    created: str = ""
    """The new document or receipt that was recognised, as `receipts/1008`: nobody else may call it theirs."""


class Probe(Protocol):
    """What can be looked at to tell whether something happened. A failed look-up raises: it is never `no`."""

    async def read_document(self, kind: str, number: int) -> Mapping[str, Any] | None:
        """A document as it is; None when there is none."""

    async def read_related(self, number: int) -> list[Mapping[str, Any]]:
        """Documents related to one."""

    async def read_series(self, number: int) -> Mapping[str, Any] | None:
        """A series as it is."""

    async def read_resource(self, path: str, name: str) -> Mapping[str, Any] | None:
        """Anything else that is read under a path of its own, as it is; None when there is none."""

    async def find_client(self, code: str) -> Mapping[str, Any] | None:
        """The client of exactly this code; None when there is none."""

    async def list_rows(self, path: str, key: str) -> list[Mapping[str, Any]]:
        """Every row of a list, over all its pages."""

    async def list_newest(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Documents of a kind with a higher id, of a date where lists can be asked for it; shown some seconds late."""

    async def list_claimed(self, made: Iterable[str]) -> set[str]:
        """Which of these documents or receipts other calls of ours are known to have made."""

    @property
    def is_request_over(self) -> bool:
        """Whether the request cannot still be under way at the other side: what reads as before stays so."""

    @property
    def is_list_current(self) -> bool:
        """Whether, besides, so much time has passed that a list shows whatever there is."""
