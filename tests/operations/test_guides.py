"""Guides: lists, and the code of the tax authority that comes later.

Source: contract A3; DL 147/2003.
"""

from tests.harness import Harness, Json, document_arguments, guide


async def final(harness: Harness) -> Json:
    made = (await harness.call("create_guide", guide()))["document"]
    document: Json = (await harness.call("change_state", document_arguments(made, state="finalized")))[
        "document"
    ]
    return document


async def test_the_code_appears_a_minute_after_finalizing(harness: Harness) -> None:
    made = (await harness.call("create_guide", guide()))["document"]
    result = await harness.call("change_state", document_arguments(made, state="finalized"))
    assert "at_doc_code_id" not in result["document"]
    assert any("at_doc_code_id" in step["why"] for step in result["next"])
    harness.sandbox.advance(61)
    assert (await harness.read_document(made))["at_doc_code_id"]


async def test_guides_are_listed_with_their_code(harness: Harness) -> None:
    made = await final(harness)
    harness.sandbox.advance(61)
    rows = (await harness.call("list_guides", {"types": ["transports"], "states": ["final"]}))["guides"]
    assert [(row["id"], bool(row["at_doc_code_id"])) for row in rows] == [(made["id"], True)]
    assert harness.sandbox.requests()[-1]["query"]["status[]"] == ["sent"]


async def test_guides_are_found_by_the_day_of_loading(harness: Harness) -> None:
    await final(harness)
    harness.sandbox.advance(61)
    call = {"loaded_from": "2026-11-20", "loaded_to": "2026-11-20"}
    assert len((await harness.call("list_guides", call))["guides"]) == 1
    assert harness.sandbox.requests()[-1]["query"]["loaded_at[from]"] == "20/11/2026"
    assert (await harness.call("list_guides", {"loaded_from": "2026-11-21"}))["guides"] == []


async def test_a_guide_is_corrected_before_the_transport_starts(harness: Harness) -> None:
    made = (await harness.call("create_guide", guide()))["document"]
    undo = (await harness.call("change_state", document_arguments(made, state="finalized")))["undo"]
    assert undo["source"] == "DL 147/2003"
    assert "before the transport starts" in undo["by"]
    assert undo["calls"][0]["arguments"]["state"] == "canceled"


async def test_the_approval_says_until_when_a_guide_can_be_cancelled(harness: Harness) -> None:
    made = (await harness.call("create_guide", guide()))["document"]
    assert "before the transport starts" in await harness.get_approval_text(
        "change_state", document_arguments(made, state="finalized")
    )
