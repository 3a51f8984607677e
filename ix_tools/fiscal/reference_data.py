"""Reads the reference tables shipped in the data folder, each with its source and the date it was taken."""

import json
from datetime import date
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")


def read_table(file_name: str) -> dict[str, Any]:
    """One data file, parsed. Callers cache their own typed rows, so nothing is read until a row is asked for."""
    text = (DATA / file_name).read_text(encoding="utf-8")
    if file_name.endswith(".toml"):
        import tomllib  # a server start that explains nothing should not pay for the parser

        return tomllib.loads(text)
    table: dict[str, Any] = json.loads(text)
    return table


def parse_date(value: date | str | None) -> date | None:
    """A date as TOML gives it (already a date), as JSON gives it (text), or absent."""
    return date.fromisoformat(value) if isinstance(value, str) else value
