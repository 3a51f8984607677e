"""Catalogue defaults: what a line leaves out is taken from the catalogue item of exactly its name, and the result says so.

A line that says less than its item would overwrite the item with less (trap 4), so leaving a field out can only mean the stored
value. Nothing is taken from an item of a similar name, and a price that nothing gives is asked for.
"""

from collections.abc import Iterable
from typing import Any

from ix_tools.domain.records import CatalogueItem
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, refuse, warn
from ix_tools.i18n.messages import Message, join_messages, message
from ix_tools.i18n.value_labels import name_unit
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import LineItem
from ix_tools.operations.protocols import get_lines

FIELDS = ("unit_price", "tax", "unit", "description")
"""Fields of a line that the catalogue has too."""
NAMES = {
    "unit_price": message("price"),
    "tax": message("tax"),
    "unit": message("unit"),
    "description": message("description"),
}
MAX_SHOWN = 10
"""Lines that the warning tells one by one."""


def lacks_line_fields(call: Operation[Any]) -> bool:
    """Tell whether a line leaves something out that the catalogue may have."""
    return any(_list_missing(line) for line in _list_lines(call))


def fill_from_catalogue(call: Operation[Any], facts: Facts) -> tuple[Operation[Any], list[Finding]]:
    """Return the call with its lines completed from the catalogue, and findings that say what was taken, or what is missing."""
    lines, taken, findings = [], list[Message](), list[Finding]()
    for at, line in enumerate(_list_lines(call)):
        item = facts.items.get(line.name)
        found = {} if item is None else _read_missing(line, item)
        if found:
            taken.append(_describe(line.name, found))
        if line.unit_price is None and "unit_price" not in found:
            findings.append(_refuse_unpriced(at, line, facts))
        lines.append(line.model_copy(update=found) if found else line)
    if taken:
        findings.append(_warn_of_taken(taken))
    return (call.model_copy(update={"items": lines}) if taken else call), findings


def _list_lines(call: Operation[Any]) -> list[LineItem]:
    return [one for one in get_lines(call) if isinstance(one, LineItem)]


def _list_missing(line: LineItem) -> list[str]:
    return [name for name in FIELDS if getattr(line, name) is None]


def _read_missing(line: LineItem, item: CatalogueItem) -> dict[str, Any]:
    found = {name: getattr(item, name) for name in _list_missing(line)}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _describe(name: str, found: dict[str, Any]) -> Message:
    shown = {field: name_unit(value) if field == "unit" else value for field, value in found.items()}
    values = [message("{what} {value}", what=NAMES[field], value=value) for field, value in shown.items()]
    return message("{name}: {values}", name=name, values=join_messages(values, ", "))


def _warn_of_taken(taken: list[Message]) -> Finding:
    told: Iterable[Message] = taken[:MAX_SHOWN]
    shown = join_messages(told)
    if len(taken) > MAX_SHOWN:
        more = len(taken) - MAX_SHOWN
        return warn(
            "items", message("from the catalogue: {values}; and {more} more lines", values=shown, more=more)
        )
    return warn("items", message("from the catalogue: {values}", values=shown))


def _refuse_unpriced(at: int, line: LineItem, facts: Facts) -> Finding:
    problem = message("no price is given, and the catalogue has no item called {name}", name=line.name)
    if facts.items_unchecked:
        problem = message(
            "no price is given, and {count} catalogue items were not read (setting catalogue_pages)",
            count=facts.items_unchecked,
        )
    return refuse(
        f"items.{at}.unit_price",
        problem,
        next=message("ask the person for the price, or for the item's exact name; list_items shows them"),
    )
