"""The SAF-T file of a month: made on request, fetched when it is ready.

Source: contract A9, trap 24, J15.
"""

from pathlib import Path

import pytest

from tests.harness import Harness, Json, warnings_by_field


def saved(result: Json) -> bytes:
    """What a result says it saved."""
    return Path(result["file"]).read_bytes()


MONTH = {"month": 11, "year": 2026}


@pytest.mark.parametrize("key", ["url", "Url"])
async def test_the_file_is_waited_for_and_saved(harness: Harness, key: str) -> None:
    await harness.create_issued()
    harness.sandbox.set_option("saft_key", key)
    result = await harness.call("export_saft", MONTH)
    assert (result["status"], result["period"]) == ("ready", "2026-11")
    content = saved(result)
    assert content.startswith(b"<?xml")
    assert len(content) == result["bytes"]
    assert "not over" in warnings_by_field(result)["month"]


async def test_a_link_is_given_when_asked(harness: Harness) -> None:
    await harness.create_issued()
    result = await harness.call("export_saft", {**MONTH, "delivery": "link"})
    assert result["link"].startswith(harness.sandbox.base_url)
    assert "file" not in result


async def test_patience_ends_with_pending_and_the_same_call(harness: Harness) -> None:
    await harness.create_issued()
    harness.sandbox.set_option("saft_polls", 50)
    result = await harness.call("export_saft", MONTH)
    assert result["status"] == "pending"
    assert result["next"][0]["arguments"] == MONTH


async def test_a_month_to_come_is_not_asked_for(harness: Harness) -> None:
    assert "month" in await harness.get_refusal("export_saft", {"month": 12, "year": 2026})
    assert harness.sandbox.requests() == []


async def test_a_month_without_documents_is_said_in_the_services_words(harness: Harness) -> None:
    error = await harness.get_error("export_saft", {"month": 1, "year": 2026})
    assert error.code == "rejected"
    assert "document" in str(error)


async def test_a_failure_of_the_service_is_no_unknown_write(harness: Harness) -> None:
    body = {"message": "Error generating SAF-T. Please try again."}
    harness.sandbox.fault("GET", "/api/export_saft.json", times=None, status=500, body=body)
    error = await harness.get_error("export_saft", {"month": 10, "year": 2026})
    assert (error.code, error.sent, error.retryable) == ("unavailable", "refused", True)


async def test_the_qr_code_of_a_document_is_a_picture(harness: Harness) -> None:
    made = await harness.create_issued()
    result = await harness.call("get_qr_code", {"document_id": made["id"]})
    assert saved(result).startswith(b"\x89PNG")
    linked = await harness.call("get_qr_code", {"document_id": made["id"], "delivery": "link"})
    assert linked["link"]


async def test_a_qr_code_still_being_made_is_pending(harness: Harness) -> None:
    made = await harness.create_issued()
    harness.sandbox.set_option("qr_polls", 50)
    assert (await harness.call("get_qr_code", {"document_id": made["id"]}))["status"] == "pending"


async def test_a_draft_has_no_qr_code(harness: Harness) -> None:
    made = await harness.create_draft()
    assert (await harness.get_error("get_qr_code", {"document_id": made["id"]})).code == "rejected"
