"""Reader of the reference tables in the data folder, each with source and date."""

import json
from datetime import date
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")


def read_table(file_name: str) -> dict[str, Any]:
    """Parse a data file. Callers cache their typed rows, so a file is read at its first use."""
    text = (DATA / file_name).read_text(encoding="utf-8")
    if file_name.endswith(".toml"):
        import tomllib  # imported late, so that a server start does not pay for the parser

        return tomllib.loads(text)
    table: dict[str, Any] = json.loads(text)
    return table


def parse_date(value: date | str | None) -> date | None:
    """Return a date of a table, which TOML gives as date and JSON as text; None if absent."""
    return date.fromisoformat(value) if isinstance(value, str) else value
