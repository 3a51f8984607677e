"""Sandbox, series: ids per type, registration with validation codes, the default, and the XML update of version 1."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from tests.sandbox.api import SandboxApi

TYPES = (
    "invoice", "invoice_receipt", "simplified_invoice", "credit_note", "debit_note", "receipt", "shipping",
    "transport", "devolution", "proforma", "quote", "fees_note", "vat_moss_invoice", "vat_moss_credit_note",
    "vat_moss_receipt",
)  # fmt: skip
UNCODED = {"fees_note", "vat_moss_invoice", "vat_moss_credit_note", "vat_moss_receipt"}


def series(api: SandboxApi, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/sequences.json").json()["sequences"][place]
    return found


def test_a_row_has_an_id_a_number_and_a_code_for_every_type(api: SandboxApi) -> None:
    """Trap 9: the series' own id is that of its invoices."""
    row = series(api)
    ids = [row[f"current_{key}_sequence_id"] for key in TYPES]
    assert len(set(ids)) == len(TYPES)
    assert row["current_invoice_sequence_id"] == row["id"]
    assert len(row) == 3 + 3 * len(TYPES)
    for key in TYPES:
        code = row[f"current_{key}_validation_code"]
        assert code == "N/A" if key in UNCODED else re.fullmatch(r"[A-Z0-9]{8}", code)
    assert {series(api, 1)[f"current_{key}_validation_code"] for key in TYPES} == {"N/D", "N/A"}


def test_one_series_is_read_under_its_own_key_and_missed_with_nothing(api: SandboxApi) -> None:
    """Reading 9."""
    assert api.get("/sequences/70000.json").json() == {"sequence": series(api)}
    missing = api.get("/sequences/70001.json")
    assert (missing.status_code, missing.content) == (404, b"")


def test_a_new_series_is_registered_and_may_become_the_default(api: SandboxApi) -> None:
    made = api.post("/sequences.json", {"sequence": {"serie": "C2026", "default_sequence": "1"}})
    assert made.status_code == 201
    assert made.json()["sequence"]["default_sequence"] == 1
    assert series(api)["default_sequence"] == 0
    assert api.create_issued()["sequence_number"] == "1/C2026"


def test_registering_gives_every_type_its_code_for_ever(api: SandboxApi) -> None:
    first = api.put("/sequences/70020/register.json").json()["sequences"]
    assert [row["serie"] for row in first] == ["B2026"]
    api.sandbox.reset()
    assert api.put("/sequences/70020/register.json").json()["sequences"] == first


@pytest.mark.parametrize(
    ("path", "option", "status", "body"),
    [
        ("9", None, 404, {"code": "006", "message": "The sequence doesn't exist."}),
        ("70000", None, 409, {"code": "005", "message": "All sequences are registered."}),
        (
            "70020",
            ("register_busy", True),
            409,
            {"code": "008", "message": "The sequence is already being registered."},
        ),
        (
            "70020",
            ("register_refusal", "002"),
            422,
            {"code": "002", "message": "Invalid Tax Authority credentials."},
        ),
        ("70020", ("register_refusal", "004"), 422, {"code": "004", "message": "Account is not portuguese."}),
    ],
)
def test_a_registration_is_refused_by_code(
    api: SandboxApi, path: str, option: tuple[str, Any] | None, status: int, body: dict[str, str]
) -> None:
    if option:
        api.sandbox.set_option(*option)
    answer = api.put(f"/sequences/{path}/register.json")
    assert (answer.status_code, answer.json()) == (status, body)
    api.sandbox.set_option("sequence_errors", "wrapped")
    assert api.put(f"/sequences/{path}/register.json").json() == {"errors": body}


@pytest.mark.parametrize(
    ("serie", "option", "status", "code"),
    [
        ("A B", None, 422, "001"),
        ("A/1", None, 422, "001"),
        ("Série", None, 422, "001"),
        ("2026", None, 422, "002"),
        ("", None, 422, "003"),
        ("C1", ("create_refusal", "004"), 422, "004"),
        ("C1", ("register_busy", True), 409, "006"),
    ],
)
def test_a_creation_is_refused_by_codes_of_its_own(
    api: SandboxApi, serie: str, option: tuple[str, Any] | None, status: int, code: str
) -> None:
    if option:
        api.sandbox.set_option(*option)
    answer = api.post("/sequences.json", {"sequence": {"serie": serie}})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_default_series_is_changed_with_an_empty_answer(api: SandboxApi) -> None:
    answer = api.put("/sequences/70020/set_current.json")
    assert (answer.status_code, answer.content) == (200, b"")
    assert [series(api, place)["default_sequence"] for place in (0, 1)] == [0, 1]
    assert api.create_draft()["sequence_id"] == "70020"
    assert api.put("/sequences/9/set_current.json").status_code == 404


def sent_xml(
    api: SandboxApi, sequence_id: int = 70020, kind: str = "application/xml", **changes: str
) -> httpx2.Response:
    fields = {
        "serie": "B2026",
        "current_invoice_number": "3",
        "current_credit_note_number": "1",
        "current_debit_note_number": "1",
        **changes,
    }
    xml = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return api.http.put(
        f"/sequences/{sequence_id}.xml",
        params={"api_key": api.sandbox.api_key},
        content=f'<?xml version="1.0" encoding="UTF-8"?><sequence>{xml}</sequence>',
        headers={"content-type": kind},
    )


def test_v1_sets_name_numbers_and_default_in_xml(api: SandboxApi) -> None:
    answer = sent_xml(api, serie="D2026", default_sequence="1")
    assert answer.status_code == 200
    assert "<serie>D2026</serie>" in answer.text
    row = series(api, 1)
    assert (row["serie"], row["default_sequence"], row["current_invoice_number"]) == ("D2026", 1, 3)
    api.put("/sequences/70020/register.json")
    assert api.create_issued()["sequence_number"] == "4/D2026"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"serie": ""}, "Serie can&apos;t be blank"),
        ({"serie": "2026"}, "Serie has already been taken"),
        ({"current_invoice_number": "x"}, "Current number is not a number"),
        ({"current_credit_note_number": "x"}, "Credit note: is not a number"),
        ({"current_credit_note_number": "-1"}, "Credit note: must be greater than or equal to 0"),
        ({"current_debit_note_number": ""}, "Debit note: is not a number"),
        ({"current_debit_note_number": "-1"}, "Debit note: must be greater than or equal to 0"),
    ],
)
def test_v1_refuses_in_xml(api: SandboxApi, changes: dict[str, str], message: str) -> None:
    answer = sent_xml(api, 70020, **changes)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/xml")
    assert f"<error>{message.replace('&apos;', chr(39))}</error>" in answer.text


def test_v1_touches_no_series_with_finalized_documents(api: SandboxApi) -> None:
    api.create_draft()
    assert sent_xml(api, 70000, serie="2026").status_code == 200
    api.create_issued()
    assert "Only sequences with no finalized invoices" in sent_xml(api, 70000, serie="2026").text
    assert sent_xml(api, 9).status_code == 404


def test_v1_reads_xml_only_and_no_trickery_in_it(api: SandboxApi) -> None:
    assert sent_xml(api, kind="application/json").status_code == 415
    bomb = '<!DOCTYPE s [<!ENTITY a "aaaa">]><sequence><serie>&a;</serie></sequence>'
    answer = api.http.put(
        "/sequences/70020.xml",
        params={"api_key": api.sandbox.api_key},
        content=bomb,
        headers={"content-type": "text/xml"},
    )
    assert answer.status_code == 422
    assert series(api, 1)["serie"] == "B2026"
