"""Series through the protocol: listed, registered, changed over XML."""

from typing import Any

import pytest
from defusedxml import ElementTree as Xml

from tests.harness import SERIES, Harness
from tests.interfaces.mcp.host import Host

UNREGISTERED = 70020
NUMBERS = {"current_invoice_number": 0, "current_credit_note_number": 0, "current_debit_note_number": 0}

# Retyped from the vendor's table of register codes: status, code, a word of what it means, a word of what to do.
CODES = [
    (404, "006", "exist", "List the account's series"),
    (409, "005", "regist", ""),
    (409, "008", "being registered", ""),
    (422, "000", "", ""),
    (422, "001", "name", ""),
    (422, "002", "credentials", ""),
    (422, "003", "activity", ""),
    (422, "004", "ortug", ""),
    (422, "007", "regist", ""),
]


async def test_a_series_shows_each_types_own_id_number_and_code(host: Host) -> None:
    """sequences-list-v2 (trap 9)."""
    first, second = (await host.call("list_sequences"))["sequences"]
    assert (first["id"], first["serie"], first["default"]) == (70000, "2026", True)
    for kind, number in SERIES.items():
        part = first["types"][kind[:-1]]
        assert part["sequence_id"] == number
        assert part["number"] == 0
    assert len(first["types"]["invoice"]["validation_code"]) == 8
    assert (second["serie"], second["default"]) == ("B2026", False)
    assert second["types"]["invoice"]["validation_code"] == "N/D"


async def test_a_series_is_registered_and_then_has_codes(host: Host, harness: Harness) -> None:
    """sequences-register-v2; Portaria 195/2020."""
    result = await host.call("register_sequence", sequence_id=UNREGISTERED)
    assert len(result["sequence"]["types"]["invoice"]["validation_code"]) == 8
    (write,) = harness.list_writes()
    assert (write["method"], write["path"], write["body"]) == (
        "PUT",
        f"/sequences/{UNREGISTERED}/register.json",
        None,
    )
    question = host.person.asked[-1].message
    assert "B2026" in question
    assert "invoice" in question
    refusal = await host.call_refused("register_sequence", sequence_id=UNREGISTERED)
    assert "already registered" in refusal["problems"][0]["problem"]
    assert len(harness.list_writes()) == 1


@pytest.mark.parametrize(("status", "code", "meaning", "step"), CODES)
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("mode", ["auto"], indirect=True)
async def test_every_documented_code_is_a_sentence_and_a_next_step(
    host: Host, harness: Harness, status: int, code: str, meaning: str, step: str, wrapped: bool
) -> None:
    """sequences-register-v2, both forms the refusal has been seen in (J14)."""
    body: dict[str, Any] = {"code": code, "message": "Code only"}
    harness.sandbox.fault("PUT", "register", status=status, body={"errors": body} if wrapped else body)
    refusal = await host.call_refused("register_sequence", sequence_id=UNREGISTERED)
    assert f"(code {code})" in refusal["message"]
    assert meaning in refusal["message"]
    assert step in str(refusal["next"])
    assert len(refusal["next"][0]["why"]) > 15
    assert refusal["service_code"] == code


@pytest.mark.parametrize("code", ["001", "002", "003", "004", "007"])
async def test_a_refusal_of_the_account_itself_is_explained(host: Host, harness: Harness, code: str) -> None:
    """The same, as the sandbox refuses of its own accord."""
    harness.sandbox.set_option("register_refusal", code)
    refusal = await host.call_refused("register_sequence", sequence_id=UNREGISTERED)
    assert (refusal["code"], refusal["sent"]) == ("rejected", "refused")
    assert f"(code {code})" in refusal["message"]


async def test_a_registration_under_way_is_no_reason_to_repeat_at_once(host: Host, harness: Harness) -> None:
    """Code 008."""
    harness.sandbox.set_option("register_busy", True)
    refusal = await host.call_refused("register_sequence", sequence_id=UNREGISTERED)
    assert refusal["code"] == "conflict"
    assert "(code 008)" in refusal["message"]


async def test_a_series_is_changed_over_xml(host: Host, harness: Harness) -> None:
    """sequences-update-v1."""
    changed = {**NUMBERS, "current_invoice_number": 41}
    result = await host.call(
        "update_sequence", sequence_id=UNREGISTERED, serie="C&D", default_sequence=1, **changed
    )
    (write,) = harness.list_writes()
    assert (write["method"], write["path"]) == ("PUT", f"/sequences/{UNREGISTERED}.xml")
    root = Xml.fromstring(write["body"])
    assert root.tag == "sequence"
    assert {node.tag: node.text for node in root} == {
        "serie": "C&D",
        "current_invoice_number": "41",
        "current_credit_note_number": "0",
        "current_debit_note_number": "0",
        "default_sequence": "1",
    }
    assert result["sequence"]["serie"] == "C&D"
    assert result["sequence"]["types"]["invoice"]["number"] == 41
    question = host.person.asked[-1].message
    assert "B2026" in question
    assert "C&D" in question
    assert "41" in question
    series = (await host.call("list_sequences"))["sequences"]
    assert [one["serie"] for one in series if one["default"]] == ["C&D"]


async def test_a_series_in_use_or_a_name_taken_is_refused(host: Host, harness: Harness) -> None:
    """sequences-update-v1: only while nothing was finalized in it."""
    refusal = await host.call_refused("update_sequence", sequence_id=UNREGISTERED, serie="2026", **NUMBERS)
    assert [problem["field"] for problem in refusal["problems"]] == ["serie"]
    refusal = await host.call_refused("update_sequence", sequence_id=1, serie="X", **NUMBERS)
    assert [problem["field"] for problem in refusal["problems"]] == ["sequence_id"]
    refusal = await host.call_refused("register_sequence", sequence_id=1)
    assert [problem["field"] for problem in refusal["problems"]] == ["sequence_id"]
    assert harness.list_writes() == []
