"""What is generated for no-code platforms reaches every tool and every field, and their flows call what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ix_tools.events.models import EVENT_TYPES
from ix_tools.operations.registry import catalogue
from tests.rows import every_row
from tools.nocode import n8n, zapier
from tools.nocode.__main__ import build_contents
from tools.nocode.fields import Field, Tool, make_title, read_tools
from tools.nocode.typescript import write_source
from tools.release.project import ROOT, read_project

TOOLS = read_tools()
BY_NAME = {one.name: one for one in TOOLS}


def list_names(found: Any) -> Iterator[str]:
    """The names of fields in a description for n8n, at any depth."""
    if isinstance(found, list):
        for one in found:
            yield from list_names(one)
    elif isinstance(found, dict):
        if "type" in found and "name" in found:
            yield found["name"]
        for one in found.values():
            yield from list_names(one)


def list_leaves(fields: tuple[Field, ...], prefix: str = "") -> Iterator[str]:
    for one in fields:
        if one.children:
            yield from list_leaves(one.children, f"{prefix}{one.name}__")
        else:
            yield f"{prefix}{one.name}"


def test_every_tool_is_read() -> None:
    assert set(BY_NAME) == set(catalogue())
    assert {one.name for one in TOOLS if one.may_wait} == {
        name for name, one in catalogue().items() if one.spec.effect.may_need_approval
    }
    assert {one.name for one in TOOLS if one.reads} == {
        name for name, one in catalogue().items() if one.spec.effect.only_reads
    }


@every_row("tool", TOOLS)
def test_every_field_of_a_tool_can_be_filled_in(tool: Tool) -> None:
    paging = {"page", "per_page"} if tool.rows else set()
    described = list(n8n._build_properties(tool.toolset, tool))
    offered = set(list_names(described))
    wanted = {path.rpartition("__")[2] for path in list_leaves(tool.fields)} - paging
    assert wanted <= offered
    assert all(tool.name in one["displayOptions"]["show"]["operation"] for one in described)
    keys = [one["key"] for one in zapier._describe_tool(tool)["fields"]]
    inside = [
        part["key"] for one in zapier._describe_tool(tool)["fields"] for part in one.get("children", ())
    ]
    assert {*keys, *inside} >= set(list_leaves(tool.fields)) - paging
    assert len(keys) == len(set(keys))


def test_what_a_person_must_fill_in_is_at_the_top_and_what_is_empty_is_not_sent() -> None:
    described = {one["name"]: one for one in n8n._build_properties("core", BY_NAME["issue_invoice"])}
    assert list(described)[:4] == ["date", "due_date", "client", "items"]
    assert described["date"]["required"] is True
    row = {one["name"]: one for one in described["items"]["options"][0]["values"]}
    assert set(row) == {"name", "quantity", "more"}
    assert "unit_price" in {one["name"] for one in row["more"]["options"]}, (
        "an empty price would be sent as 0"
    )


def test_the_wish_about_approvals_belongs_to_the_node() -> None:
    for tool in TOOLS:
        assert "when_approved" not in {one.name for one in tool.fields}


def test_files_are_fresh() -> None:
    """`make schemas` renews them."""
    for path, text in build_contents().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, path


def test_the_node_has_no_dependency_at_run_time_and_names_what_it_builds() -> None:
    package = json.loads(build_contents()[n8n.FOLDER / "package.json"])
    assert "dependencies" not in package
    assert package["version"] == read_project().version
    for built in (*package["n8n"]["nodes"], *package["n8n"]["credentials"]):
        source = ROOT / n8n.FOLDER / re.sub(r"^dist/(.*)\.js$", r"\1.ts", built)
        assert source.exists(), source


def test_the_credential_s_test_asks_an_address_that_there_is() -> None:
    text = (ROOT / n8n.FOLDER / "credentials/IxToolsApi.credentials.ts").read_text(encoding="utf-8")
    assert "url: '/events?limit=1'" in text


def test_both_platforms_offer_every_event() -> None:
    contents = build_contents()
    for path in (n8n.FOLDER / "nodes/IxToolsTrigger/events.ts", zapier.FOLDER / "events.js"):
        for kind in EVENT_TYPES:
            assert f"'{kind}'" in contents[path]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("due date", "Due Date"),
        ("document id", "Document ID"),
        ("List clients", "List Clients"),
        ("VAT of a period", "VAT of a Period"),
        ("mb reference", "MB Reference"),
        ("id of", "ID Of"),
    ],
)
def test_titles_are_written_as_headings(words: str, title: str) -> None:
    assert make_title(words) == title


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("it's", '"it\'s"'),
        ('say "yes"', "'say \"yes\"'"),
        ("a\\b\n", "'a\\\\b\\n'"),
        ({"a-b": 1, "c": [True, None]}, "{\n\t'a-b': 1,\n\tc: [\n\t\ttrue,\n\t\tnull,\n\t],\n}"),
        ([], "[]"),
    ],
)
def test_values_are_written_as_source(value: object, source: str) -> None:
    assert write_source(value) == source


def test_fields_of_another_kind_are_refused_rather_than_guessed() -> None:
    from tools.nocode.fields import _read_kind

    with pytest.raises(ValueError, match="no platform"):
        _read_kind({"oneOf": []})
