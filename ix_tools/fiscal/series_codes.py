"""Refusal codes of registering a series with the tax authority, with their meaning and next step.

The meaning of a code depends on the operation and the HTTP status.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from ix_tools.fiscal.reference_data import read_table

SeriesOperation = Literal["register_sequence", "create_sequence"]


@dataclass(frozen=True, slots=True)
class RegistrationOutcome:
    """Refusal code with its meaning and next step."""

    operation: SeriesOperation
    status: int
    code: str
    pt: str
    en: str
    next_pt: str
    next_en: str


def find_registration_outcome(
    status: int, code: str, operation: SeriesOperation = "register_sequence"
) -> RegistrationOutcome | None:
    """Return the meaning of a refusal; None if the vendor does not document it."""
    return _load_by_key().get((operation, status, code))


def list_registration_outcomes() -> tuple[RegistrationOutcome, ...]:
    """Return every documented refusal of registering or creating a series."""
    return tuple(_load_by_key().values())


@cache
def _load_by_key() -> dict[tuple[str, int, str], RegistrationOutcome]:
    outcomes = (RegistrationOutcome(**row) for row in read_table("series_codes.toml")["outcome"])
    return {(outcome.operation, outcome.status, outcome.code): outcome for outcome in outcomes}
