"""What the codes of InvoiceXpress mean when a series is registered with the tax authority, and what to do next.

The same number means different things per operation, so a code is read together with the operation and the HTTP status.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from ix_tools.fiscal.reference_data import read_table

SeriesOperation = Literal["register_sequence", "create_sequence"]


@dataclass(frozen=True, slots=True)
class RegistrationOutcome:
    """One refusal code, in words, with the next step."""

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
    """The meaning of a refusal; None for a pair the vendor does not document."""
    return _load_by_key().get((operation, status, code))


def list_registration_outcomes() -> tuple[RegistrationOutcome, ...]:
    """Every documented refusal of registering or creating a series."""
    return tuple(_load_by_key().values())


@cache
def _load_by_key() -> dict[tuple[str, int, str], RegistrationOutcome]:
    outcomes = (RegistrationOutcome(**row) for row in read_table("series_codes.toml")["outcome"])
    return {(outcome.operation, outcome.status, outcome.code): outcome for outcome in outcomes}
