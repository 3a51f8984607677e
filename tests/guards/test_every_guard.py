"""What every rule keeps, whichever it is: pure, described, in use, and asking for the facts it reads."""

import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from ix_tools import guards
from ix_tools.guards.facts import Facts, Want, get_wanted_facts
from ix_tools.guards.findings import Finding
from ix_tools.operations.registry import catalogue
from tests.rows import every_row

FACTS = {
    "tax": Want.TAXES,
    "taxes": Want.TAXES,
    "sequences": Want.SEQUENCES,
    "sequence_of": Want.SEQUENCES,
    "client_by_code": Want.CLIENT,
    "client_by_name": Want.CLIENT,
    "same_number": Want.SAME_NUMBER,
    "same_number_unread": Want.SAME_NUMBER,
    "items": Want.ITEMS,
    "items_unchecked": Want.ITEMS,
    "items_read_at": Want.ITEMS,
    "client_seen": Want.CLIENT,
    "own_items": Want.UNRETURNED,
    "issued_lately": Want.ISSUED_LATELY,
    "document": Want.DOCUMENT,
    "document_client": Want.DOCUMENT_CLIENT,
    "owner": Want.OWNER,
    "owner_notes": Want.OWNER_RELATED,
    "owner_related": Want.OWNER_RELATED,
    "related": Want.RELATED,
    "later": Want.LATER_IN_SERIES,
    "differences": Want.DIFFERENCES,
    "unreturned": Want.UNRETURNED,
}


def rules() -> Iterator[Any]:
    """Every public function (call, facts) that says something."""
    for module in pkgutil.iter_modules(guards.__path__):
        for _, found in inspect.getmembers(
            import_module(f"ix_tools.guards.{module.name}"), inspect.isfunction
        ):
            told = inspect.signature(found)
            if found.__module__.endswith(f".{module.name}") and told.return_annotation == Iterator[Finding]:
                yield found


RULES = [rule for rule in rules() if list(inspect.signature(rule).parameters) == ["call", "facts"]]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)


def test_there_are_rules() -> None:
    assert len(RULES) > 35


@every_row("rule", RULES)
def test_a_rule_is_described_and_named_after_what_it_keeps_true(rule: Any) -> None:
    assert rule.__doc__
    assert rule.__doc__.strip().endswith(".")
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", rule.__name__)


@every_row("rule", RULES)
def test_a_rule_hangs_on_an_operation(rule: Any) -> None:
    """A rule that nobody calls keeps nothing."""
    assert [name for name, one in catalogue().items() if rule in one.spec.guards]


@every_row("rule", RULES)
def test_a_rule_asks_for_the_facts_it_reads(rule: Any) -> None:
    """Otherwise it would look at a fact that nobody fetched, find nothing wrong, and fail open."""
    read = set(re.findall(r"\bfacts\.(\w+)", inspect.getsource(rule))) & set(FACTS)
    assert {FACTS[name] for name in read} <= get_wanted_facts(rule)


@every_row("name", catalogue())
def test_an_operation_never_judges_a_fact_that_its_class_cannot_be_given(name: str) -> None:
    """DOCUMENT and the like need a call that is about a document."""
    operation = catalogue()[name]
    wanted = operation.spec.needs | get_wanted_facts(*operation.spec.guards)
    about_a_document = {"document_id", "receipt_id"} & set(operation.model_fields)
    assert about_a_document or not wanted & {Want.LATER_IN_SERIES, Want.DIFFERENCES, Want.DOCUMENT_CLIENT}
    assert set(vars(Facts)["__dataclass_fields__"]) >= set(FACTS) - {"tax", "sequence_of", "owner_notes"}
