"""The catalogue against the published description, both ways: every operation has its tool, every tool its operations."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from ix_tools.operations.accounts import AccountForExistingUser
from ix_tools.operations.base import Operation
from ix_tools.operations.client_search import ClientByCode, ClientByName
from ix_tools.operations.registry import TOOLSETS, catalogue, map_toolsets
from ix_tools.operations.spec import WirePath
from tests.rows import every_row
from tools.docs import coverage

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "tests" / "vendor" / "operations.json"
SECOND_ROUTES: dict[str, type[Operation[Any]]] = {
    "findClientByCode": ClientByCode,
    "findClientByName": ClientByName,
    "createAccountExisting": AccountForExistingUser,
}
"""Operations that a tool carries out through another request than its own."""

NOT_SENT = {
    "createEstimate": {"mb_reference": "payment references exist for invoices only (trap 20)"},
    "updateEstimate": {"mb_reference": "as above"},
    "updateAccount": {"fiscal_id": "the description itself: cannot be changed"},
}
"""Keys of the description that no parameter reaches, with the reason."""

BEYOND_THE_DESCRIPTION = {"client.id": "live: a client is found by its id"}


@cache
def described() -> dict[str, dict[str, Any]]:
    """Every operation of the description, and those beyond it that a tool carries out, by id."""
    read = json.loads(VENDOR.read_text(encoding="utf-8"))
    found = {one["operation_id"]: one for one in read["operations"]}
    older = {one["name"]: one for one in [*read["older"], *read["observed"]]}
    return found | {name: older[name] for name in coverage.map_origins() if name in coverage.map_tools()}


def operation_of(identifier: str) -> type[Operation[Any]]:
    return SECOND_ROUTES.get(identifier) or catalogue()[coverage.map_tools()[identifier]]


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for one in get_args(annotation) for found in models_in(one)]


def is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is list or any(
        is_list(one) for one in get_args(annotation)
    )


def places(model: type[BaseModel], before: str = "") -> set[str]:
    """Every place that a model's fields travel to."""
    found: set[str] = set()
    for name, info in model.model_fields.items():
        mark = next((one for one in info.metadata if isinstance(one, WirePath)), WirePath(name))
        if not mark.path:
            continue
        place = before + mark.path + ("[]" if is_list(info.annotation) else "")
        inner = models_in(info.annotation)
        found |= places(inner[0], f"{place}.") if inner else {place}
    return found


def ours(identifier: str) -> tuple[set[str], set[str], set[str]]:
    """Path parameters, query and body of the request, as the class alone has them."""
    operation = operation_of(identifier)
    route = operation.spec.route
    assert route is not None
    in_path = set(re.findall(r"\{(\w+)\}", route.path))
    everything = places(operation) - in_path
    if route.method == "GET":
        return in_path, {one.replace("[]", "") for one in everything}, set()
    query = {one[1:] for one in everything if one.startswith("?")}
    return in_path, query, {one for one in everything if not one.startswith("?")}


def theirs(identifier: str) -> tuple[set[str], set[str]]:
    """Query and body of the description; the envelope off where the type names it, containers left out."""
    one = described()[identifier]
    keys = set(one["body_keys"])
    leaves = {
        key for key in keys if not any(other.startswith((f"{key}.", f"{key}[]")) for other in keys - {key})
    }
    route = operation_of(identifier).spec.route
    assert route is not None
    if route.envelope:
        leaves = {key.partition(".")[2] if "." in key else f"/{key}" for key in leaves}
    # The description writes arrays of words as `filter.status[]`, those of objects as `items[].name`.
    return {each["name"].removesuffix("[]") for each in one["query"]}, leaves


def test_every_described_operation_has_its_tool_and_every_tool_its_operations() -> None:
    assert sorted(coverage.map_tools()) == sorted(described())
    beyond = coverage.map_origins().keys() & coverage.map_tools().keys()
    assert len(described()) == 58 + len(beyond)
    local = [name for name, operation in catalogue().items() if not operation.spec.vendor_operations]
    assert {catalogue()[name].spec.route for name in local} == {None}, (
        "what is sent carries out what is described"
    )


@every_row("identifier", sorted(described()))
def test_method_and_path_are_the_described_ones(identifier: str) -> None:
    one, route = described()[identifier], operation_of(identifier).spec.route
    assert route is not None
    assert route.method == one["method"]
    assert re.sub(r"\{.*?\}", "{}", route.path) == re.sub(r"\{.*?\}", "{}", one["path"])


@every_row("identifier", sorted(described()))
def test_every_described_type_can_be_given(identifier: str) -> None:
    for parameter in described()[identifier]["path_params"]:
        if words := parameter.get("words"):
            kinds = operation_of(identifier).model_fields["document_type"].annotation
            assert set(words) <= words_in(kinds)


def words_in(annotation: Any) -> set[str]:
    found = {one for one in get_args(annotation) if isinstance(one, str)}
    return found.union(*(words_in(one) for one in get_args(annotation) if not isinstance(one, str)))


@every_row("identifier", sorted(described()))
def test_the_keys_sent_are_the_described_ones_both_ways(identifier: str) -> None:
    _, query, body = ours(identifier)
    their_query, their_body = theirs(identifier)
    assert query == their_query
    left_out = set(NOT_SENT.get(identifier, {}))
    assert left_out <= their_body, "left over in NOT_SENT"
    assert their_body - body == left_out
    assert body - their_body <= set(BEYOND_THE_DESCRIPTION)


@every_row("identifier", sorted(described()))
def test_what_is_required_there_can_be_given_here(identifier: str) -> None:
    route = operation_of(identifier).spec.route
    assert route is not None
    keys = described()[identifier]["required_body_keys"]
    required = {key.partition(".")[2] for key in keys} if route.envelope else set(keys)
    _, _, body = ours(identifier)
    missing = {key for key in required if key and not any(one.startswith(key) for one in body)}
    assert missing == set()


def test_the_words_of_every_filter_are_described_ones() -> None:
    for identifier, one in described().items():
        for parameter in one["query"]:
            if words := parameter.get("words"):
                sent = words_sent(operation_of(identifier), parameter["name"])
                also = {"SimplifiedInvoice", "VatMossInvoice"} if parameter["name"] == "type[]" else set()
                assert sent <= {*words, *also}, identifier


def words_sent(operation: type[Operation[Any]], place: str) -> set[str]:
    for info in operation.model_fields.values():
        mark = next((one for one in info.metadata if isinstance(one, WirePath)), None)
        if mark and mark.path == place:
            return {mark.translations.get(word, word) for word in words_in(info.annotation)}
    raise AssertionError(place)


def test_every_tool_stands_in_one_toolset() -> None:
    assert sorted(map_toolsets()) == sorted(catalogue())
    assert set(TOOLSETS) == {
        "core", "invoices", "estimates", "guides", "payments", "sequences", "clients", "items", "taxes",
        "saft", "workflows", "batches", "treasury", "accounts",
    }  # fmt: skip


def test_the_table_in_the_documentation_is_the_catalogue() -> None:
    text = (ROOT / "docs" / "reference" / "coverage.md").read_text(encoding="utf-8")
    assert text == coverage.render_coverage()
    assert all(f"| `{one}` | `{coverage.map_tools()[one]}` |" in text for one in described())
    assert all(f"| `{tool}` |" in text for tool in catalogue())
