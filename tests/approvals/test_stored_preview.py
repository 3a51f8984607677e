"""A stored preview carries its version: older ones are converted, others are refused and asked for again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ix_tools.approvals.preview import ApprovalPreview
from ix_tools.approvals.repository import ApprovalRepository, ApprovalRequestContent, Binding
from ix_tools.approvals.stored_preview import VERSION, dump_preview, is_readable, load_preview
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n.messages import render
from ix_tools.storage.database import Store
from tests.approvals.test_text import SHEET

BINDING = Binding("ana", "acme", "change_state", "v2:arguments", "snapshot")
STORED: dict[str, Any] = json.loads(dump_preview(SHEET))
WARNED = [{"field": "date", "problem": "A warning.", "pt": "Um aviso."}]
"""The warnings of SHEET as versions 1 and 2 stored them."""
PLAIN = ApprovalRequestContent("text", "summary", sheet=dump_preview(SHEET))

EARLIER: dict[str, Any] = {
    **{name: value for name, value in STORED.items() if name != "version"},
    "warnings": [{"field": "date", "problem": "A warning.", "pt": "Um aviso."}],
}
"""As version 1 stored it: without a version, and a warning in two languages."""
UNREADABLE = {
    "a newer version": json.dumps({**STORED, "version": VERSION + 1}),
    "a newer version with a new field": json.dumps({**STORED, "version": VERSION + 1, "colour": "red"}),
    "an unknown field": json.dumps({**STORED, "colour": "red"}),
    "a missing field": json.dumps({name: value for name, value in STORED.items() if name != "action"}),
    "a version that is no number": json.dumps({**STORED, "version": [2]}),
    "a warning without a text": json.dumps({**STORED, "version": 2, "warnings": [{"field": "date"}]}),
    "warnings of version 2 that are none": json.dumps({**STORED, "version": 2, "warnings": ["date"]}),
    "a warning that lacks a value": json.dumps(
        {**STORED, "warnings": [{"field": "date", "problem": {"id": "due {day}", "values": {}}}]}
    ),
    "a warning with a value of an unknown kind": json.dumps(
        {
            **STORED,
            "warnings": [{"field": "date", "problem": {"id": "due {day}", "values": {"day": {"moon": 1}}}}],
        }
    ),
    "version zero": json.dumps({**STORED, "version": 0}),
    "no object": "[]",
    "no JSON": "{",
    "nothing but depth": "[" * 100_000,
}


@pytest.fixture
def approvals(tmp_path: Path) -> Iterator[ApprovalRepository]:
    store = Store(tmp_path / "a.db")
    yield ApprovalRepository(store, 15)
    store.close()


def test_a_stored_preview_is_read_as_it_was() -> None:
    assert STORED["version"] == VERSION
    assert load_preview(dump_preview(SHEET)) == SHEET
    small = ApprovalPreview(action="client_deleted", account="padaria")
    assert load_preview(dump_preview(small)) == small


@pytest.mark.parametrize("version", [{}, {"version": 1}])
def test_a_preview_of_version_1_is_converted(version: dict[str, int]) -> None:
    first = {**STORED, "warnings": WARNED}
    del first["version"]
    first |= version
    assert load_preview(json.dumps(first)) == SHEET, "printed texts that were in a list already"
    paper = {name: value for name, value in STORED["paper"].items() if name != "printed"}
    older = {**paper, "reference": "PO-8812", "observations": ["Primeira nota.", "Segunda nota."]}
    assert load_preview(json.dumps({**first, "paper": older})) == SHEET
    bare = load_preview(json.dumps({**first, "paper": {**paper, "reference": "", "observations": []}}))
    assert bare.paper is not None
    assert bare.paper.printed == ()


def test_a_warning_of_version_2_keeps_its_languages() -> None:
    second = {**STORED, "version": 2, "warnings": WARNED}
    assert load_preview(json.dumps(second)) == SHEET
    english = load_preview(json.dumps({**second, "warnings": [{"field": "date", "problem": "A warning."}]}))
    assert [render(one.problem, "pt") for one in english.warnings] == ["A warning."]


@pytest.mark.parametrize("stored", UNREADABLE.values(), ids=UNREADABLE)
def test_a_preview_that_cannot_be_read_is_refused(stored: str) -> None:
    assert not is_readable(stored)
    with pytest.raises(ApprovalRefused) as refusal:
        load_preview(stored)
    assert refusal.value.code == "approval_outdated"
    assert refusal.value.sent == "nothing"
    assert "repeat the same call" in str(refusal.value.next)


@pytest.mark.parametrize("stored", UNREADABLE.values(), ids=UNREADABLE)
def test_an_approval_that_cannot_be_shown_is_not_decided_and_the_same_call_asks_again(
    approvals: ApprovalRepository, stored: str
) -> None:
    unreadable = approvals.ask(BINDING, replace(PLAIN, sheet=stored), "page")
    assert approvals.list_waiting() == []
    again = approvals.ask(BINDING, PLAIN, "page")
    assert again.id != unreadable.id
    assert [one.id for one in approvals.list_waiting()] == [again.id]
    with pytest.raises(ApprovalRefused) as refusal:
        approvals.decide(unreadable.id, approve=True)
    assert refusal.value.code == "approval_outdated"
    assert approvals.find(unreadable.id).state == "stale"
    approvals.decide(again.id, approve=True)
    assert approvals.consume_approved(BINDING) == again.id


def test_an_approval_that_can_be_shown_is_not_asked_for_twice(approvals: ApprovalRepository) -> None:
    older = {**STORED, "version": 2, "warnings": WARNED}
    first = approvals.ask(BINDING, replace(PLAIN, sheet=json.dumps(older)), "page")
    assert approvals.ask(BINDING, PLAIN, "page").id == first.id
