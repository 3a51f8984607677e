"""List the fiscal data that were last read from their source more than a year ago: `python -m tools.sources`.

It is a report for whoever maintains the tables, and never a failing check: law changes on its own days, not on ours.
"""

import sys
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from ix_tools.fiscal.reference_data import DATA, parse_date, read_table

YEAR = timedelta(days=365)
NAMES = ("code", "name", "region", "plural", "iso", "order", "law")
"""Fields by which a row is named, whichever it has first."""


def list_stale_rows(today: date) -> Iterator[tuple[str, str, date, str]]:
    """Yield file, row, day of reading and source of everything that was read more than a year before a day.

    A row without a day of its own was read with its table.
    """
    for path in sorted(DATA.iterdir()):
        if path.suffix not in {".json", ".toml"}:
            continue
        table = read_table(path.name)
        taken = parse_date(table.get("as_of"))
        if taken is not None and today - taken > YEAR:
            yield path.name, "the table", taken, str(table.get("source", ""))
        for key, row in _list_rows(table):
            read = parse_date(row.get("read"))
            if read is not None and today - read > YEAR:
                name = next((str(row[field]) for field in NAMES if field in row), key)
                yield path.name, name, read, str(row.get("source", ""))


def _list_rows(table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every row with the key of its part of the table."""
    for key, value in table.items():
        rows = value if isinstance(value, list) else [value]
        yield from ((key, row) for row in rows if isinstance(row, Mapping))


def main() -> int:
    """Print the report."""
    rows = list(list_stale_rows(date.today()))  # noqa: DTZ011 - a report for a person, in days
    for file, row, read, source in rows:
        print(f"{file}: {row}: read {read}, {source}")
    print(f"{len(rows)} tables and rows were read more than a year ago")
    return 0


if __name__ == "__main__":
    sys.exit(main())
