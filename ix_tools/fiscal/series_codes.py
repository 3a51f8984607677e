"""What the codes of InvoiceXpress mean when a series is registered with the tax authority, and what to do next.

The same number means different things per operation, so a code is read together with the operation and the HTTP status.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from ix_tools.fiscal.reference_data import read_table

SeriesOperation = Literal["register_sequence", "create_sequence"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One refusal code, in words, with the next step."""

    operation: SeriesOperation
    status: int
    code: str
    pt: str
    en: str
    next_pt: str
    next_en: str


def registration_outcome(
    status: int, code: str, operation: SeriesOperation = "register_sequence"
) -> Outcome | None:
    """The meaning of a refusal; None for a pair the vendor does not document."""
    return _by_key().get((operation, status, code))


def registration_outcomes() -> tuple[Outcome, ...]:
    """Every documented refusal of registering or creating a series."""
    return tuple(_by_key().values())


@cache
def _by_key() -> dict[tuple[str, int, str], Outcome]:
    outcomes = (Outcome(**row) for row in read_table("series_codes.toml")["outcome"])
    return {(outcome.operation, outcome.status, outcome.code): outcome for outcome in outcomes}
