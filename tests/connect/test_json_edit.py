"""An edit of a host's JSON changes one entry and leaves every other character where it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ix_tools.connect.json_edit import NotEditable, find_entry, set_entry

PATH = ["mcpServers", "invoicexpress"]
ENTRY = {"command": "/opt/ix-tools", "args": ["serve"], "env": {}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        "{}",
        "{ }",
        '{"mcpServers": {}}',
        '{"mcpServers": {"invoicexpress": {"command": "old"}}}',
        '{\n\t"a": 1.0,\n\t"mcpServers": {\n\t\t"other": {"command": "x"}\n\t}\n}\n',
        '{\r\n    "b": "\\u00e9",\r\n    "c": 1e400\r\n}\r\n',
        '{"mcpServers":{"invoicexpress":1,"z":[{},{"}":"{"}]},"a":{"invoicexpress":2}}',
        '\ufeff{"a": "ç"}',
        '{"mcpS\\u0065rvers": {"z": "\\ud800"}}',
        "{\n}",
        '{"a": 1, "b": 2}   ',
    ],
)
def test_the_entry_is_there_and_everything_else_is_as_before(text: str) -> None:
    changed = set_entry(text, PATH, ENTRY)
    assert find_entry(changed, PATH) == ENTRY
    assert set_entry(changed, PATH, ENTRY) == changed, "a second time changes nothing"
    assert changed.startswith("\ufeff") == text.startswith("\ufeff")
    before = json.loads(text.removeprefix("\ufeff")) if text.strip() else {}
    after = json.loads(changed.removeprefix("\ufeff"))
    after["mcpServers"].pop("invoicexpress")
    before.setdefault("mcpServers", {}).pop("invoicexpress", None)
    assert after == before


def test_lines_of_others_keep_their_spelling() -> None:
    text = '{\n    "n": 1.50,\n    "e": "\\u00e9",   "big": 123456789012345678901234567890\n}\n'
    changed = set_entry(text, PATH, ENTRY)
    assert changed.startswith(text.rstrip("\n}"))
    assert '\n    "mcpServers": {\n        "invoicexpress": {' in changed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, // mine\n"b": 2}', "not plain JSON (line 1)"),
        ('{"a": 1,\n}', "not plain JSON (line 2)"),
        ('{"a": 1}\n// mine\n', "not plain JSON (line 2)"),
        ('{"a": 1}\n/* mine */', "not plain JSON (line 2)"),
        ('{"a": 1} {"b": 2}', "not plain JSON (line 1)"),
        ('{"a": "tab\there"}', "not plain JSON"),
        ('{"a": 1}\x00', "not plain JSON"),
        ('{"mcpServers": {"x": 1, "x": 2}}', "twice"),
        ('{"\\u0061": 1, "a": 2}', "twice"),
        ('{"a": 1', "not plain JSON"),
        ("[1]", "no object"),
        ('"text"', "no object"),
        ('{"mcpServers": []}', "“mcpServers” is something else"),
        ('{"mcpServers": null}', "“mcpServers” is something else"),
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": NaN}', "NaN"),
        ("{" * 100_000, "not plain JSON"),
    ],
)
def test_what_is_no_plain_json_is_not_edited(text: str, reason: str) -> None:
    with pytest.raises(NotEditable, match=r".") as caught:
        set_entry(text, PATH, ENTRY)
    assert reason in str(caught.value)
    assert find_entry(text, [*PATH, "x"]) is None


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.text(max_size=6) | st.sampled_from(PATH), VALUES, max_size=4),
    st.sampled_from([None, 1, 2, "\t"]),
    st.booleans(),
)
def test_any_object_keeps_what_it_had(before: dict[str, Any], indent: Any, escaped: bool) -> None:
    inner = before.get("mcpServers", {})
    text = json.dumps(before, indent=indent, ensure_ascii=escaped)
    if not isinstance(inner, dict):
        with pytest.raises(NotEditable):
            set_entry(text, PATH, ENTRY)
        return
    after = json.loads(set_entry(text, PATH, ENTRY))
    assert after == {**before, "mcpServers": {**inner, "invoicexpress": ENTRY}}
