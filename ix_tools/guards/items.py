"""Rules about the account's catalogue of items, which document lines overwrite."""

from collections import Counter
from collections.abc import Iterator

from ix_tools.domain.records import CatalogueItem
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse, warn
from ix_tools.guards.protocols import Draft, ItemShaped
from ix_tools.i18n.messages import message


@wants(Want.ITEMS)
def catalogue_items_not_overwritten_unseen(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask before a line overwrites the catalogue item of its name for the whole account (trap 4)."""
    for at, item in enumerate(call.items):
        stored = facts.items.get(item.name)
        if stored is None:
            continue
        changes = describe_item_changes(stored, item)
        if changes and "overwrite_items" not in call.accept:
            yield ask(
                "overwrite_items",
                f"items.{at}",
                f"the catalogue item {item.name!r} would change for the whole account: {'; '.join(changes)}",
                "another name for the line, the stored values, or accept",
            )
    if facts.items_unchecked:
        yield warn(
            "items",
            message(
                "{count} catalogue items were not read; a line of the same name would overwrite one",
                count=facts.items_unchecked,
            ),
        )


def describe_item_changes(stored: CatalogueItem, line: ItemShaped) -> list[str]:
    """Return the changes, as text, that a line would make to the catalogue item of its name."""
    return [
        f"{name} {old} becomes {new}"
        for name, old, new in (
            ("price", stored.unit_price, line.unit_price),
            ("description", stored.description or "(none)", line.description or "(none)"),
            ("unit", stored.unit or "(none)", line.unit or "(none)"),
            ("tax", stored.tax or "(none)", line.tax or stored.tax or "(none)"),
        )
        if old != new
    ]


def line_names_unique(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Lines with the same name must be equal, because both write the same catalogue item and the second wins."""
    times: Counter[str] = Counter()
    contents: dict[str, set[tuple[object, ...]]] = {}
    for item in call.items:
        times[item.name] += 1
        contents.setdefault(item.name, set()).add((item.unit_price, item.description, item.tax, item.unit))
    for name, different in contents.items():
        if len(different) > 1:
            yield refuse(
                "items",
                f"{times[name]} lines are called {name!r} but differ in price, text or tax",
                "one name per price",
            )
