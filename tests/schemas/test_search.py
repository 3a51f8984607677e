"""What people say finds the operation that does it, or a plain word that it cannot be done."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ix_tools.config.settings import Settings
from ix_tools.operations.registry import TOOLSETS, catalogue
from ix_tools.pipeline.truncation import to_compact_json
from ix_tools.schemas.json_schema import build_input_schema
from ix_tools.schemas.search import Found, find_operations
from ix_tools.schemas.search_words import read_search_words
from tests.harness import Harness

SETTINGS = Settings(allow_account_setup=True)
DATA = json.loads((Path(__file__).parent / "phrases.json").read_text(encoding="utf-8"))
PHRASES: list[tuple[str, list[str]]] = DATA["phrases"]
LATER: list[tuple[str, list[str]]] = DATA["later"]
IMPOSSIBLE: list[tuple[str, str]] = DATA["impossible"]
LEAST_HITS = 0.95
MOST_BYTES = 2_500


@cache
def find(text: str) -> Found:
    return find_operations(text, SETTINGS)


def found(text: str) -> list[str]:
    return [one["operation"] for one in find(text).operations]


@pytest.mark.parametrize("phrases", [PHRASES, LATER], ids=["first", "later"])
def test_what_people_say_finds_the_operation_among_the_first_three(
    phrases: list[tuple[str, list[str]]],
) -> None:
    missed = [(text, found(text)[:3]) for text, meant in phrases if not set(found(text)[:3]) & set(meant)]
    assert len(missed) <= (1 - LEAST_HITS) * len(phrases), missed


@pytest.mark.parametrize("phrases", [PHRASES, LATER], ids=["first", "later"])
def test_what_is_called_clear_is_what_was_meant(phrases: list[tuple[str, list[str]]]) -> None:
    """A clear first hit brings its description, so a wrong one costs a call and may be run."""
    clear = [(text, found(text)[0], meant) for text, meant in phrases if find(text).is_clear]
    wrong = [(text, first) for text, first, meant in clear if first not in meant]
    assert len(wrong) <= (1 - LEAST_HITS) * len(clear), wrong


def test_every_phrase_names_operations_that_exist() -> None:
    assert {name for _, meant in PHRASES + LATER for name in meant} <= set(catalogue())
    assert {name for _, name in IMPOSSIBLE if name} <= set(catalogue())


@pytest.mark.parametrize(("text", "instead"), IMPOSSIBLE)
def test_what_cannot_be_done_is_said_with_what_comes_nearest(text: str, instead: str) -> None:
    result = find_operations(text, SETTINGS)
    assert result.impossible is not None
    assert all(told.endswith(".") for told in result.impossible)
    assert not result.is_clear
    if instead:
        assert result.operations[0]["operation"] == instead


@pytest.mark.parametrize(
    "text",
    [
        "enviar fatura logo",
        "registar o pagamento da fatura que recebi",
        "mudar o nome da série",
        "fatura de agosto",
        "apagar rascunho",
    ],
)
def test_what_can_be_done_is_not_refused(text: str) -> None:
    assert find_operations(text, SETTINGS).impossible is None


def test_the_search_words_name_operations_that_exist() -> None:
    words = read_search_words()
    assert set(words.everyday) <= set(catalogue())
    assert {one.instead for one in words.impossible if one.instead} <= set(catalogue())


@pytest.mark.parametrize("name", list(catalogue()))
def test_an_operation_is_found_by_its_own_name(name: str) -> None:
    assert found(name)[0] == name
    assert found(name.replace("_", " "))[0] == name


@pytest.mark.parametrize("toolset", list(TOOLSETS))
def test_a_toolset_is_found_whole(toolset: str) -> None:
    assert set(found(toolset)) == {one.spec.name for one in TOOLSETS[toolset]}


@pytest.mark.parametrize("text", ["xyzzy", "o de the", "?", "9"])
async def test_words_of_nothing_say_what_to_try(harness: Harness, text: str) -> None:
    result = await harness.call("search_operations", {"text": text})
    assert result["operations"] == []
    assert "faturas por pagar" in result["hint"]
    assert "treasury" in result["hint"]


async def test_a_clear_first_match_comes_described_and_an_unclear_one_does_not(harness: Harness) -> None:
    clear = await harness.call("search_operations", {"text": "fechar o mês"})
    assert clear["best"]["operation"] == "month_end_check"
    assert set(clear["best"]["required"]) == {"month", "year"}
    assert clear["next"] == [
        {
            "tool": "run_operation",
            "arguments": {"operation": "month_end_check", "arguments": {}},
            "why": "runs it, with its arguments in place of {}",
        }
    ]
    unclear = await harness.call("search_operations", {"text": "cliente"})
    assert "best" not in unclear
    assert unclear["next"][0]["tool"] == "describe_operation"


async def test_what_the_settings_forbid_is_not_found(harness: Harness) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"exclude": ("delete_client",)})
    result = await harness.call("search_operations", {"text": "apagar cliente"})
    assert "delete_client" not in [one["operation"] for one in result["operations"]]


async def test_every_description_is_short_and_names_every_parameter(harness: Harness) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"allow_account_setup": True})
    for name, operation in catalogue().items():
        shown = await harness.call("describe_operation", {"operation": name})
        shown.pop("sandbox")
        assert len(to_compact_json(shown).encode()) <= MOST_BYTES, name
        schema = build_input_schema(operation)
        assert set(shown.get("required", ())) == set(schema.get("required", ())), name
        named = {*shown.get("required", ()), *shown.get("optional", ()), *shown.get("further", ())}
        assert named == set(schema["properties"]), name


async def test_a_parameter_is_described_whole(harness: Harness) -> None:
    for parameter, whole in build_input_schema(catalogue()["create_guide"])["properties"].items():
        shown: dict[str, Any] = await harness.call(
            "describe_operation", {"operation": "create_guide", "parameter": parameter}
        )
        assert shown["parameter_schema"] == {parameter: whole}
    refused = await harness.get_error(
        "describe_operation", {"operation": "create_guide", "parameter": "colour"}
    )
    assert "loaded_at" in str(refused.problems[0].allowed)
