"""Suggested calls of stored results: their values get the types of today's schema, and nothing that is stored makes a replay fail."""

from __future__ import annotations

from typing import Any

import pytest

from ix_tools.pipeline.next_steps import fit_stored_call


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("123.00", 123),
        ("0.1", 0.1),
        (12.5, 12.5),
        ("0.12345678901234567890", "0.12345678901234567890"),
        ("all of it", "all of it"),
        ("", ""),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        (None, None),
    ],
)
def test_an_amount_is_a_number_where_it_is_one(stored: Any, shown: Any) -> None:
    call = {"tool": "generate_payment", "arguments": {"document_id": 7, "amount": stored}, "why": "pay"}
    assert fit_stored_call(call)["arguments"] == {"document_id": "7", "amount": shown}


def test_a_call_of_an_operation_that_is_gone_stays_as_it_was() -> None:
    call = {"tool": "retired_operation", "arguments": {"amount": "1"}}
    assert fit_stored_call(call) == call
