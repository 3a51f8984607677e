"""The replay of a call that was stored differently shows the present state: corrected, still different, or gone."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from ix_tools.config.private_files import save_file
from tests.harness import Harness, Json, document_arguments, invoice, warnings_by_field

READ = r"^/invoices/\d+\.json$"
CLIENT: Json = {"name": "Zé, Lda", "code": "ZE", "city": "Faro", "idempotency_key": "client-1"}


async def _stored_with(harness: Harness, call: Json, **changes: Any) -> int:
    """Create a document that reads back changed, and return its id."""
    made = await harness.create_draft(reference="a look at how it is written")
    answer = harness.read_raw(f"/invoices/{made['id']}.json")["invoice"]
    body = {**answer, "reference": call.get("reference"), "id": made["id"] + 1, **changes}
    harness.sandbox.fault("GET", READ, status=200, body={"invoice": body})
    error = await harness.get_error("create_invoice", call)
    assert error.code == "stored_differently"
    return int(made["id"]) + 1


async def test_a_document_that_now_reads_as_asked_is_the_result(harness: Harness) -> None:
    call = invoice(idempotency_key="order-7")
    number = await _stored_with(harness, call, total=999.99)
    writes = len(harness.list_writes())
    again = await harness.call("create_invoice", call)
    assert (again["replayed"], again["document"]["id"], again["document"]["total"]) == (
        True,
        number,
        "123.00",
    )
    assert "now reads as asked" in warnings_by_field(again)["document"]
    assert len(harness.list_writes()) == writes


async def test_a_document_that_still_differs_is_reported_as_it_is_now(harness: Harness) -> None:
    call = invoice(idempotency_key="order-7", reference="PO-1")
    number = await _stored_with(harness, call, total=999.99, reference="PO-2")
    update = {"document_type": "invoices", "document_id": number, "reference": "PO-3"}
    unsure = await harness.get_error("update_invoice", update)
    held = await harness.get_error("update_invoice", {**update, "accept": unsure.details["accept"]})
    assert held.code == "stored_differently", "the total is still not said to be right"
    error = await harness.get_error("create_invoice", call)
    assert error.code == "stored_differently"
    assert [(one.field, str(one.problem), str(one.allowed)) for one in error.problems] == [
        ("reference", "stored as PO-3", "asked: PO-1")
    ]
    assert error.details["document"]["reference"] == "PO-3"


async def test_a_document_that_no_longer_exists_is_reported(harness: Harness) -> None:
    call = invoice(idempotency_key="order-7")
    number = await _stored_with(harness, call, total=999.99)
    gone = {"document_type": "invoices", "document_id": number}
    await harness.call(
        "change_state", document_arguments({**gone, "id": number}, state="deleted"), accept_differences=True
    )
    error = await harness.get_error("create_invoice", call)
    assert (error.code, error.as_dict()["sent"]) == ("document_gone", "nothing")
    assert "new idempotency_key" in str(error.next)
    assert (await harness.call("create_invoice", {**call, "idempotency_key": "order-8"}))["ok"]


@pytest.mark.parametrize("state", ["deleted", "canceled"])
async def test_a_deletion_or_cancellation_that_shows_late_is_a_success(harness: Harness, state: str) -> None:
    """Its absence is the requested result."""
    made = await (harness.create_draft if state == "deleted" else harness.create_issued)()
    before = harness.read_raw(f"/invoices/{made['id']}.json")
    reason = {"message": "Emitida por engano, ao cliente errado."} if state == "canceled" else {}
    call = document_arguments(made, state=state, idempotency_key="end", **reason)
    # The first reads are current; the read-back is late.
    harness.sandbox.fault("GET", READ, skip=(await _reads_before(harness, call)), status=200, body=before)
    assert (await harness.get_error("change_state", call)).code == "stored_differently"
    again = await harness.call("change_state", call)
    assert again["replayed"]
    assert "now reads as asked" in warnings_by_field(again)["document"]


async def _reads_before(harness: Harness, call: Json) -> int:
    """Return the number of reads of the document before its change of state is sent."""
    harness.sandbox.fault("PUT", "change-state", status=422)
    harness.sandbox.clear_requests()
    await harness.get_error("change_state", call)
    sent = [
        one["method"]
        for one in harness.sandbox.requests()
        if re.search(READ, one["path"]) or one["method"] == "PUT"
    ]
    return sent.index("PUT")


async def test_a_document_that_cannot_be_read_again_is_reported_as_it_was(harness: Harness) -> None:
    call = invoice(idempotency_key="order-7")
    await _stored_with(harness, call, total=999.99)
    harness.sandbox.fault("GET", READ, status=500, times=None)
    error = await harness.get_error("create_invoice", call)
    assert error.code == "stored_differently"
    assert "could not be read again now" in str(error)
    assert [one.field for one in error.problems] == ["total"]


async def test_a_document_that_was_never_compared_is_not_reported_as_right(harness: Harness) -> None:
    call = invoice(idempotency_key="order-7")
    harness.sandbox.fault("GET", READ, status=500, times=4)
    assert (await harness.get_error("create_invoice", call)).code == "stored_differently"
    harness.sandbox.clear_faults()
    again = await harness.call("create_invoice", call)
    assert "was not compared" in warnings_by_field(again)["document"]


async def test_a_client_is_replayed_in_the_same_way(harness: Harness) -> None:
    before = (await harness.call("create_client", {"name": "Antes", "code": "ANTES"}))["client"]["id"]
    body = {"client": {"id": before + 1, "name": "Zé, Lda", "code": "ZE"}}
    harness.sandbox.fault("GET", r"^/clients/\d+\.json$", status=200, body=body)
    error = await harness.get_error("create_client", CLIENT)
    assert error.code == "stored_differently"
    again = await harness.call("create_client", CLIENT)
    assert (again["replayed"], again["client"]["city"]) == (True, "Faro")
    assert "now reads as asked" in warnings_by_field(again)["client"]
    await harness.call("update_client", {"client_id": again["client"]["id"], "city": "Olhão"})
    error = await harness.get_error("create_client", CLIENT)
    assert [(one.field, str(one.problem)) for one in error.problems] == [("city", "stored as Olhão")]
    await harness.call("delete_client", {"client_id": again["client"]["id"]})
    assert (await harness.get_error("create_client", CLIENT)).code == "document_gone"


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("planted", [".a.pdf.part", "a.pdf"])
def test_an_existing_link_is_not_written_through(tmp_path: Path, planted: str) -> None:
    """Otherwise anyone who may write in the folder could choose which file of the user is overwritten."""
    folder, victim = tmp_path / "documents", tmp_path / "victim"
    folder.mkdir()
    victim.write_bytes(b"precious")
    (folder / planted).symlink_to(victim)
    assert save_file(folder, "a.pdf", b"%PDF").read_bytes() == b"%PDF"
    assert victim.read_bytes() == b"precious"
    assert not (folder / "a.pdf").is_symlink()


def test_a_file_that_cannot_be_saved_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pdf").mkdir()
    with pytest.raises(OSError, match="directory"):
        save_file(tmp_path, "a.pdf", b"%PDF")
    assert [one.name for one in tmp_path.iterdir()] == ["a.pdf"]


@pytest.mark.parametrize("name", ["../a.pdf", "a/b.pdf", "/etc/a.pdf", "..", ""])
def test_a_file_name_is_not_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a file's name"):
        save_file(tmp_path / "documents", name, b"%PDF")


def test_a_saved_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = save_file(tmp_path / "new", "a.pdf", b"%PDF")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_a_pdf_is_not_written_through_a_link(harness: Harness) -> None:
    made = await harness.create_issued()
    documents = harness.context.settings.documents
    assert documents is not None
    documents.mkdir(parents=True, exist_ok=True)
    victim = documents.parent / "victim"
    victim.write_bytes(b"precious")
    for name in (".FT-2026-1.pdf.part", "FT-2026-1.pdf"):
        (documents / name).symlink_to(victim)
    found = await harness.call("get_pdf", {"document_id": made["id"]})
    assert (documents / "FT-2026-1.pdf").read_bytes().startswith(b"%PDF")
    assert found["file"].startswith(str(documents))
    assert victim.read_bytes() == b"precious"


async def test_a_replay_tells_what_is_true_now(harness: Harness) -> None:
    """A draft that was finalized, paid or deleted meanwhile is shown so, with the calls that its state allows."""
    call = invoice(idempotency_key="k1")
    made = (await harness.call("create_invoice", call))["document"]
    again = await harness.call("create_invoice", call)
    assert (again["replayed"], again["document"]["status"]) == (True, "draft")
    assert [step["tool"] for step in again["next"]] == ["change_state"]
    issued = await harness.call("change_state", document_arguments(made, state="finalized"))
    final = await harness.call("create_invoice", call)
    assert (final["replayed"], final["document"]["number"]) == (True, issued["document"]["number"])
    assert [step["tool"] for step in final["next"]] == ["get_pdf", "send_email", "generate_payment"]
    other = invoice(idempotency_key="k2", reference="B")
    dropped = (await harness.call("create_invoice", other))["document"]
    await harness.call("change_state", document_arguments(dropped, state="deleted"))
    gone = await harness.call("create_invoice", other)
    assert (gone["document"]["status"], "next" in gone) == ("deleted", False)


@pytest.mark.parametrize("name", ["issue_invoice", "create_client"])
async def test_every_replay_is_marked(harness: Harness, name: str) -> None:
    new = {"name": "Gama, Lda", "code": "GAMA", "idempotency_key": "k1"}
    call = new if name == "create_client" else invoice(idempotency_key="k1")
    assert "replayed" not in await harness.call(name, call)
    assert (await harness.call(name, call))["replayed"] is True


async def test_a_replay_that_cannot_be_read_again_says_so(harness: Harness) -> None:
    call = invoice(idempotency_key="k1")
    await harness.call("create_invoice", call)
    harness.sandbox.fault("GET", r"/invoices/\d+\.json", status=500, times=9)
    again = await harness.call("create_invoice", call)
    assert again["replayed"] is True
    assert "could not be read again now" in again["warnings"][-1]["problem"]
