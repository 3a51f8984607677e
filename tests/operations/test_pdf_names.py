"""A PDF has the document's own name, a draft has none and says how to get one, and times are understood as they are said.

Source: contract A5 (406 for a draft), A1.2 (numbers).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ix_tools.config import folders
from ix_tools.operations.files import name_file
from tests.harness import Harness, guide, invoice


async def test_a_pdf_is_saved_under_the_documents_own_name(harness: Harness) -> None:
    made = await harness.create_issued()
    found = await harness.call("get_pdf", {"document_id": made["id"]})
    assert Path(found["file"]).name == "FT-2026-1.pdf"
    again = await harness.call("get_pdf", {"document_id": made["id"], "second_copy": True})
    assert Path(again["file"]).name == "FT-2026-1-second-copy.pdf"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x.example/a/FT-2026-1.pdf?sign=abc", "FT-2026-1.pdf"),
        ("https://x.example/FT-A.B-12.pdf", "FT-A.B-12.pdf"),
        ("https://x.example/FT-2026-1.pdf.exe", "document-7.pdf"),
        ("https://x.example/..%2Fevil-1.pdf", "document-7.pdf"),
        ("https://x.example/pdf?file=FT-2026-1.pdf", "document-7.pdf"),
        ("https://x.example/", "document-7.pdf"),
    ],
)
def test_only_a_plain_name_is_taken_from_an_address(url: str, name: str) -> None:
    assert name_file(url, "document-7.pdf") == name


@pytest.mark.parametrize("delivery", ["file", "resource", "link"])
async def test_the_pdf_of_a_draft_says_how_to_finalize_it(harness: Harness, delivery: str) -> None:
    draft = await harness.create_draft()
    error = await harness.get_error("get_pdf", {"document_id": draft["id"], "delivery": delivery})
    assert error.code == "rejected"
    assert "a draft has none until it is finalized" in str(error)
    assert "state: finalized" in str(error.next)


def test_pdfs_are_kept_where_people_keep_documents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platformdirs.user_documents_path", lambda: tmp_path / "Documents")
    assert folders.documents_folder() == folders.data_folder() / "documents"
    (tmp_path / "Documents").mkdir()
    assert folders.documents_folder() == tmp_path / "Documents" / "InvoiceXpress"


@pytest.mark.parametrize(
    "written",
    [
        "tomorrow 08:00", "amanhã 8h", "+1d 08:00", "amanhã às 8h00", "+ 1 d 8:00", "2026-11-21T08:00", "2026-11-21 08:00", "21/11/2026 8h",
        "21/11/2026 08:00:00", "21.11.2026 8h00", "21 de novembro de 2026 às 8h", "21 November 2026, 08:00", "2026-11-21T08:00+00:00",
    ],
)  # fmt: skip
async def test_a_loading_time_is_understood_as_it_is_said(
    harness: Harness, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = harness.context.now()
    monkeypatch.setattr("ix_tools.domain.written_moments.lisbon_now", lambda: now)
    made = await harness.call("create_guide", guide(loaded_at=written))
    assert made["document"]["loaded_at"].startswith("2026-11-21T08:00")


@pytest.mark.parametrize(
    "written",
    [
        "tomorrow 25:00",
        "depois 8h",
        "8h",
        "amanhã",
        "21 de novembro de 2026",
        "31/11/2026 8h",
        "21 novembro 8h",
    ],
)
async def test_a_time_that_is_none_is_refused_with_what_time_it_is(harness: Harness, written: str) -> None:
    found = await harness.get_refusal("create_guide", guide(loaded_at=written))
    assert "in Lisbon" in found["loaded_at"]


@pytest.mark.parametrize("written", ["2026-02-30", "depois", "13/13/2026"])
async def test_a_date_that_is_none_is_refused_with_what_day_it_is(harness: Harness, written: str) -> None:
    found = await harness.get_refusal("create_invoice", invoice(date=written))
    assert "in Lisbon" in found["date"]
