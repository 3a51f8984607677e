"""Probes that detect whether a write took effect when its response was lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Protocol


class Happened(Enum):
    """The answer to: the connection died; did it happen?"""

    YES = "it happened"
    NO = "it did not happen"
    UNKNOWN = "nobody can tell yet"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found, with the content that the answer would have had."""

    verdict: Happened
    content: Any = None
    seen: str = ""
    made: str = ""
    """The new document or receipt that was recognised, as `receipts/1008`: nobody else may call it theirs."""


class Witness(Protocol):
    """What can be looked at to tell whether something happened. A failed look-up raises: it is never `no`."""

    async def document(self, kind: str, number: int) -> Mapping[str, Any] | None:
        """A document as it is; None when there is none."""

    async def related(self, number: int) -> list[Mapping[str, Any]]:
        """Documents related to one."""

    async def series(self, number: int) -> Mapping[str, Any] | None:
        """A series as it is."""

    async def thing(self, path: str, name: str) -> Mapping[str, Any] | None:
        """Anything else that is read under a path of its own, as it is; None when there is none."""

    async def client(self, code: str) -> Mapping[str, Any] | None:
        """The client of exactly this code; None when there is none."""

    async def rows(self, path: str, key: str) -> list[Mapping[str, Any]]:
        """Every row of a list, over all its pages."""

    async def newest(self, kind: str, after: int, day: date) -> list[Mapping[str, Any]]:
        """Documents of a kind with a higher id, of a date where lists can be asked for it; shown some seconds late."""

    async def taken(self, made: Iterable[str]) -> set[str]:
        """Which of these documents or receipts other calls of ours are known to have made."""

    @property
    def over(self) -> bool:
        """Whether the request cannot still be under way at the other side: what reads as before stays so."""

    @property
    def settled(self) -> bool:
        """Whether, besides, so much time has passed that a list shows whatever there is."""
