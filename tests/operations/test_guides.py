"""Guides: lists, and the code of the tax authority that comes later.

Source: contract A3; DL 147/2003.
"""

from tests.sandboxed import Harness, Json, document_arguments, guide


async def final(office: Harness) -> Json:
    made = (await office.call("create_guide", guide()))["document"]
    document: Json = (await office.call("change_state", document_arguments(made, state="finalized")))[
        "document"
    ]
    return document


async def test_the_code_appears_a_minute_after_finalizing(office: Harness) -> None:
    made = (await office.call("create_guide", guide()))["document"]
    result = await office.call("change_state", document_arguments(made, state="finalized"))
    assert "at_doc_code_id" not in result["document"]
    assert any("at_doc_code_id" in step["why"] for step in result["next"])
    office.sandbox.advance(61)
    assert (await office.read_document(made))["at_doc_code_id"]


async def test_guides_are_listed_with_their_code(office: Harness) -> None:
    made = await final(office)
    office.sandbox.advance(61)
    rows = (await office.call("list_guides", {"types": ["transports"], "states": ["final"]}))["guides"]
    assert [(row["id"], bool(row["at_doc_code_id"])) for row in rows] == [(made["id"], True)]
    assert office.sandbox.requests()[-1]["query"]["status[]"] == ["sent"]


async def test_guides_are_found_by_the_day_of_loading(office: Harness) -> None:
    await final(office)
    office.sandbox.advance(61)
    call = {"loaded_from": "2026-11-20", "loaded_to": "2026-11-20"}
    assert len((await office.call("list_guides", call))["guides"]) == 1
    assert office.sandbox.requests()[-1]["query"]["loaded_at[from]"] == "20/11/2026"
    assert (await office.call("list_guides", {"loaded_from": "2026-11-21"}))["guides"] == []


async def test_a_guide_is_corrected_before_the_transport_starts(office: Harness) -> None:
    made = (await office.call("create_guide", guide()))["document"]
    undo = (await office.call("change_state", document_arguments(made, state="finalized")))["undo"]
    assert undo["source"] == "DL 147/2003"
    assert "before the transport starts" in undo["by"]
    assert undo["calls"][0]["arguments"]["state"] == "canceled"


async def test_the_approval_says_until_when_a_guide_can_be_cancelled(office: Harness) -> None:
    made = (await office.call("create_guide", guide()))["document"]
    assert "before the transport starts" in await office.get_approval_text(
        "change_state", document_arguments(made, state="finalized")
    )
