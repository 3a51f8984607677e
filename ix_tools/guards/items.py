"""Rules about the account's catalogue of items, which document lines overwrite."""

from collections import Counter
from collections.abc import Iterator

from ix_tools.domain.records import CatalogueItem
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse, warn
from ix_tools.guards.protocols import Draft, ItemShaped
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import Message, join_messages, message
from ix_tools.i18n.value_labels import name_unit


@wants(Want.ITEMS, Want.UNRETURNED, Want.DOCUMENT)
def catalogue_items_not_overwritten_unseen(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask before a line overwrites the catalogue item of its name for the whole account (trap 4).

    An item that the draft itself created, and that is still as the draft has it, changes with the draft.
    """
    for at, item in enumerate(call.items):
        stored = facts.items.get(item.name)
        if stored is None or _is_made_by_draft(stored, facts):
            continue
        changes = describe_item_changes(stored, item)
        if changes and "overwrite_items" not in call.accept:
            yield ask(
                "overwrite_items",
                f"items.{at}",
                message(
                    "the catalogue item '{name}' would change for the whole account: {changes}",
                    name=item.name,
                    changes=join_messages(changes),
                ),
                message("another name for the line, the stored values, or accept"),
            )
    if facts.items_unchecked:
        yield warn(
            "items",
            message(
                "{count} catalogue items were not read; a line of the same name would overwrite one",
                count=facts.items_unchecked,
            ),
        )
    if facts.items_read_at is not None:
        yield warn(
            "items",
            message(
                "the names of all catalogue items were read at {time}; an item that got a line's name since then would "
                "be overwritten",
                time=facts.items_read_at,
            ),
        )


def _is_made_by_draft(stored: CatalogueItem, facts: Facts) -> bool:
    """Tell whether the draft that is updated created the item, and nobody changed it since."""
    document = facts.document
    if document is None or not document.is_draft or stored.name not in facts.own_items:
        return False
    for line in document.lines:
        if line.name == stored.name:
            texts = ((line.description, stored.description), (line.unit, stored.unit), (line.tax, stored.tax))
            return line.exact_price == stored.unit_price and all(
                (mine or "") == (theirs or "") for mine, theirs in texts
            )
    return False


def describe_item_changes(stored: CatalogueItem, line: ItemShaped) -> list[Message]:
    """Return the changes that a line would make to the catalogue item of its name."""
    none = message("(none)")
    return [
        message(
            "{name} {old} becomes {new}",
            name=name,
            old=none if old in (None, "") else old,
            new=none if new in (None, "") else new,
        )
        for name, old, new in (
            (Bilingual("preço", "price"), stored.unit_price, line.unit_price),
            (Bilingual("descrição", "description"), stored.description, line.description),
            (Bilingual("unidade", "unit"), name_unit(stored.unit), name_unit(line.unit)),
            (Bilingual("taxa", "tax"), stored.tax, line.tax or stored.tax),
        )
        if (old or None) != (new or None)
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
                message(
                    "{count} lines are called '{name}' but differ in price, text or tax",
                    count=times[name],
                    name=name,
                ),
                message("one name per price"),
            )
