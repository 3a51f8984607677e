"""Series: opened, read, made the default.

Source: contract A6, traps 9 and 12; Portaria 195/2020.
"""

import pytest

from tests.harness import Harness, warnings_by_field


async def test_a_series_is_opened_and_registered_after_a_person_approved(harness: Harness) -> None:
    text = await harness.get_approval_text("create_sequence", {"serie": "2027"})
    assert "2027" in text
    assert "cannot be undone" in text
    made = (await harness.call("create_sequence", {"serie": "2027"}))["sequence"]
    assert made["types"]["invoice"]["validation_code"] not in {"N/D", "N/A"}
    assert (await harness.call("get_sequence", {"sequence_id": made["id"]}))["sequence"] == made


async def test_a_name_is_taken_once(harness: Harness) -> None:
    assert "serie" in await harness.get_refusal("create_sequence", {"serie": "2026"})


async def test_a_new_default_series_says_where_documents_will_go(harness: Harness) -> None:
    call = {"serie": "2027", "default_sequence": True}
    assert "go to 2027 instead of 2026" in await harness.get_approval_text("create_sequence", call)
    result = await harness.call("create_sequence", call)
    assert result["sequence"]["default"] is True
    back = result["undo"]["calls"][0]
    assert back == {
        "tool": "set_default_sequence",
        "arguments": {"sequence_id": 70000},
        "why": "make the earlier default the default again",
    }


@pytest.mark.parametrize("code", ["001", "004", "005"])
async def test_each_code_of_a_refused_series_is_a_sentence(harness: Harness, code: str) -> None:
    harness.sandbox.set_option("create_refusal", code)
    error = await harness.get_error("create_sequence", {"serie": "2027"})
    assert f"(code {code})" in str(error)
    assert str(error.next)


async def test_the_default_moves_with_a_warning_and_back_with_the_undo(harness: Harness) -> None:
    result = await harness.call("set_default_sequence", {"sequence_id": 70020})
    assert "go to B2026 instead of 2026" in result["warnings"][0]["problem"]
    assert "not registered" in result["warnings"][1]["problem"]
    assert result["sequence"]["default"] is True
    step = result["undo"]["calls"][0]
    await harness.call(step["tool"], step["arguments"])
    assert (await harness.call("get_sequence", {"sequence_id": 70000}))["sequence"]["default"] is True


async def test_a_types_own_id_is_no_series(harness: Harness) -> None:
    assert (
        "receipt"
        in (await harness.get_refusal("set_default_sequence", {"sequence_id": 70003}))["sequence_id"]
    )


async def test_registering_says_where_and_until_when_it_can_be_undone(harness: Harness) -> None:
    undo = (await harness.call("register_sequence", {"sequence_id": 70020}))["undo"]
    assert "Portaria 195/2020" in undo["source"]
    assert "the same or the next day, while it has no documents" in undo["by"]
    assert "A series without documents can be annulled at the tax authority's site" in undo["what"]


async def test_a_default_that_is_the_default_already_warns_of_nothing(harness: Harness) -> None:
    assert warnings_by_field(await harness.call("set_default_sequence", {"sequence_id": 70000})) == {}
