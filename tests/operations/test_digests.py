"""Digests carry the version of their form: a later form neither answers for another call nor loses a key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.approvals.repository import Reply
from ix_tools.errors import ApprovalRefused
from ix_tools.operations.digests import (
    CALL_VERSION,
    can_compare,
    digest_approval,
    digest_call,
    hash_content,
    is_current_approval,
    read_version,
)
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.execute import parse
from ix_tools.storage.schema import approvals, audit, intents
from tests.harness import ApprovalNeeded, Harness, document_arguments, execute, invoice

Json = dict[str, Any]
RECORDED: dict[str, Json] = json.loads(
    (Path(__file__).parents[1] / "catalogue" / "call_digests.json").read_text(encoding="utf-8")
)
"""By operation: arguments, and the digest that this version of the form gives them."""
RAISE_IT = "the form of calls changed: raise CALL_VERSION, keep the old form, and record the digests anew"
ANOTHER = f"v{CALL_VERSION + 1}:{'A' * 43}"
"""A digest of a form that this version of ix-tools does not know."""


def digested(name: str, arguments: Json) -> tuple[str, ...]:
    """The digests of a call as it comes in."""
    return digest_call(parse(name, arguments), arguments)


# --- the form ---------------------------------------------------------------------------------------------


def test_content_has_one_digest_whatever_the_order_of_its_keys() -> None:
    assert hash_content({"a": 1, "b": [1, 2]}) == hash_content({"b": [1, 2], "a": 1})
    assert digest_approval({"a": 1, "b": [1, 2]}) == digest_approval({"b": [1, 2], "a": 1})
    different: list[Any] = [
        {"a": 1},
        {"a": "1"},
        {"a": 1.0},
        {"a": None},
        {"a": [1]},
        {"a": True},
        {},
        [1],
        "a",
    ]
    assert len({hash_content(one) for one in different}) == len(different)
    assert len({digest_approval(one) for one in different}) == len(different)


@pytest.mark.parametrize(
    ("digest", "version"),
    [
        ("a" * 64, 1),
        ("0" * 64, 1),
        ("v2:" + "a" * 43, 2),
        ("v13:" + "a" * 43, 13),
        ("", 1),
        ("v:abc", 1),
        ("vx:abc", 1),
    ],
)
def test_a_digest_tells_its_version(digest: str, version: int) -> None:
    assert read_version(digest) == version
    assert can_compare(digest) is (version in {1, 2})


def test_every_digest_fits_its_column() -> None:
    longest = max(len(one) for one in digested("create_invoice", invoice()))
    assert max(longest, len(digest_approval({}))) <= intents.c.content.type.length == 64  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_the_form_of_a_call_is_the_recorded_one(name: str) -> None:
    assert digested(name, RECORDED[name]["arguments"])[0] == RECORDED[name]["digest"], RAISE_IT


def test_every_operation_that_writes_is_recorded() -> None:
    writes = {name for name, one in catalogue().items() if one.spec.effect.writes and one.spec.route}
    missing = {name: catalogue()[name].spec.example for name in sorted(writes - set(RECORDED))}
    found = {
        name: {"arguments": dict(given), "digest": digested(name, dict(given))[0]}
        for name, given in missing.items()
    }
    assert not found, f"record in call_digests.json: {json.dumps(found, ensure_ascii=False)}"


# --- keys -------------------------------------------------------------------------------------------------


def written_by(harness: Harness, content: str) -> None:
    """As if another version of ix-tools had written the journal's entries."""
    with harness.context.store.writing() as connection:
        for row in connection.execute(sql.select(intents)).all():
            key = row.key.replace(row.content, content)
            connection.execute(
                intents.update().where(intents.c.id == row.id).values(content=content, key=key)
            )


async def test_a_key_from_an_older_version_replays_its_own_call_and_no_other(harness: Harness) -> None:
    wanted = invoice(idempotency_key="order-7")
    first = await harness.call("create_invoice", wanted)
    written_by(harness, digested("create_invoice", wanted)[1])
    again = await harness.call("create_invoice", wanted)
    assert (again["replayed"], again["document"]) == (True, first["document"])
    error = await harness.get_error("create_invoice", {**wanted, "reference": "other"})
    assert (error.code, error.sent) == ("idempotency_key_reused", "nothing")
    assert len(harness.list_writes()) == 1


async def test_a_create_without_a_key_is_known_from_an_older_version(harness: Harness) -> None:
    first = await harness.call("create_invoice", invoice())
    written_by(harness, digested("create_invoice", invoice())[1])
    again = await harness.call("create_invoice", invoice())
    assert (again["replayed"], again["document"]) == (True, first["document"])
    assert len(harness.list_writes()) == 1


@pytest.mark.parametrize("content", [ANOTHER, "v0:" + "A" * 43])
@pytest.mark.parametrize("state", ["done", "unknown"])
async def test_a_key_whose_form_cannot_be_computed_is_refused_and_nothing_is_sent(
    harness: Harness, content: str, state: str
) -> None:
    wanted = invoice(idempotency_key="order-7")
    await harness.call("create_invoice", wanted)
    written_by(harness, content)
    with harness.context.store.writing() as connection:
        connection.execute(intents.update().values(state=state))
    before = len(harness.list_writes())
    error = await harness.get_error("create_invoice", wanted)
    assert (error.code, error.sent, error.retryable) == (
        "idempotency_key_of_another_version",
        "nothing",
        False,
    )
    assert "new key" in str(error.next)
    assert error.details["journal"] in str(error.next)
    other = await harness.get_error("delete_client", {"client_id": 501, "idempotency_key": "order-7"})
    assert other.code == "idempotency_key_reused", "an operation is its own, whatever the form"
    assert len(harness.list_writes()) == before


async def test_what_another_version_wrote_to_find_out_an_outcome_is_not_guessed_at(harness: Harness) -> None:
    """It would read as 'did not happen', and be sent again."""
    wanted = invoice(document_type="quotes", idempotency_key="order-7")
    await harness.call("create_estimate", wanted)
    with harness.context.store.writing() as connection:
        row = connection.execute(sql.select(intents)).one()
        trace = {**row.trace, "version": 99, "looks": "of another form", "rough": "of another form"}
        gone = {
            "state": "unknown",
            "trace": trace,
            "ended_at": row.created_at - 1000,
            "outcome": None,
            "made": "",
        }
        connection.execute(intents.update().values(gone))
    error = await harness.get_error("create_estimate", wanted)
    assert (error.code, error.sent) == ("outcome_unknown", "unknown")
    assert len(harness.list_writes()) == 1


# --- approvals --------------------------------------------------------------------------------------------


def asked_by_another_version(harness: Harness) -> None:
    """As if another version of ix-tools had asked."""
    with harness.context.store.writing() as connection:
        connection.execute(approvals.update().values(arguments="a" * 64, snapshot="b" * 64))


async def finalize(harness: Harness, draft: Json, **more: Any) -> Json:
    """Ask for a draft to be finalized."""
    return await execute(
        harness.context, "change_state", document_arguments(draft, state="finalized"), **more
    )


async def test_a_forms_question_of_another_version_is_asked_again(harness: Harness) -> None:
    draft = await harness.create_draft()
    with pytest.raises(ApprovalNeeded) as needed:
        await finalize(harness, draft, can_ask=True)
    asked_by_another_version(harness)
    before = len(harness.list_writes())
    with pytest.raises(ApprovalRefused) as refused:
        await finalize(harness, draft, can_ask=True, reply=Reply(needed.value.approval.handle, True))
    assert (refused.value.code, refused.value.sent) == ("approval_outdated", "nothing")
    assert harness.context.approvals.find(needed.value.approval.id).state == "stale"
    assert len(harness.list_writes()) == before
    assert (await harness.call("change_state", document_arguments(draft, state="finalized")))["ok"]


async def test_an_approval_of_another_version_is_neither_shown_nor_taken(harness: Harness) -> None:
    draft = await harness.create_draft()
    asked = await finalize(harness, draft)
    asked_by_another_version(harness)
    assert harness.context.approvals.list_waiting() == []
    with pytest.raises(ApprovalRefused) as refused:
        harness.context.approvals.decide(asked["approval"]["id"], approve=True)
    assert refused.value.code == "approval_outdated"
    assert harness.context.approvals.find(asked["approval"]["id"]).state == "stale"
    anew = await finalize(harness, draft)
    assert anew["approval"]["id"] != asked["approval"]["id"]
    harness.context.approvals.decide(anew["approval"]["id"], approve=True)
    assert (await finalize(harness, draft))["ok"]


async def test_a_yes_given_to_another_version_is_not_used(harness: Harness) -> None:
    draft = await harness.create_draft()
    asked = await finalize(harness, draft)
    harness.context.approvals.decide(asked["approval"]["id"], approve=True)
    asked_by_another_version(harness)
    anew = await finalize(harness, draft)
    assert anew["status"] == "approval_required"
    with harness.context.store.reading() as connection:
        used = connection.execute(sql.select(audit.c.seq).where(audit.c.event == "approval used")).all()
        rows = [row.arguments for row in connection.execute(sql.select(approvals))]
    assert used == []
    assert sum(map(is_current_approval, rows)) == 1
