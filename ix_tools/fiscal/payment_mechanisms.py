"""Payment mechanism codes of the SAF-T (PT) file."""

from dataclasses import dataclass
from functools import cache

from ix_tools.fiscal.reference_data import read_table


@dataclass(frozen=True, slots=True)
class Mechanism:
    """Means of payment."""

    code: str
    pt: str
    en: str


def find_mechanism(code: str) -> Mechanism | None:
    """Return the mechanism of an upper-case code; None if it is unknown."""
    return _load_by_code().get(code)


def list_mechanisms() -> tuple[Mechanism, ...]:
    """Return all mechanisms, sorted by code."""
    return tuple(_load_by_code().values())


@cache
def _load_by_code() -> dict[str, Mechanism]:
    return {row["code"]: Mechanism(**row) for row in read_table("mechanisms.json")["mechanisms"]}
