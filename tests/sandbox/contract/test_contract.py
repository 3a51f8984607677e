"""The sandbox's responses match the vendor's description, except for the listed differences.

The description is not part of this project: the tests read it from beside the checkout, and are skipped without it.
CONTRACT_EXAMPLES=200 draws more calls than the test suite does.
"""

from __future__ import annotations

import pytest

from tests.sandbox.contract import description
from tests.sandbox.contract.campaign import run_campaign
from tests.sandbox.contract.description import (
    Change,
    Difference,
    build_strict_answers,
    find_complaint,
    load_differences,
)

HERE = description.FILE.exists()
pytestmark = [
    pytest.mark.skipif(not HERE, reason="the vendor's description is not on this machine"),
    pytest.mark.timeout(600),
]
OPERATIONS = sorted(description.load_operations()) if HERE else []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_written_in_the_description_or_in_the_list_of_differences(operation: str) -> None:
    found = run_campaign(operation).failures
    assert not found, "\n\n".join(f"{what}\n{call}" for what, call in found.items())


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_there_and_answers_the_way_it_should_at_least_once(operation: str) -> None:
    statuses = {answer.status for answer in run_campaign(operation).answers}
    assert statuses & {"200", "201", "204"}
    assert "401" in statuses
    assert not any(status.startswith("5") for status in statuses)


@pytest.mark.parametrize("row", load_differences(), ids=lambda row: row.name)
def test_a_difference_is_listed_only_while_it_is_one(row: Difference) -> None:
    """Without it, a response of each of its operations differs from the description; every one of its changes is needed."""
    for operation in row.operations:
        assert _breaks(operation, row, None), f"{operation} has no need of it"
    for change in row.changes:
        assert any(_breaks(operation, row, change) for operation in row.operations), change


def _breaks(operation: str, row: Difference, change: Change | None) -> bool:
    answers = build_strict_answers(operation, without=[(row, change)])
    return any(find_complaint(answers, answer) for answer in run_campaign(operation).answers)


def test_every_difference_has_its_own_name_and_a_reason() -> None:
    names = [row.name for row in load_differences()]
    assert len(names) == len(set(names))
    assert all(row.reason for row in load_differences())
    assert {operation for row in load_differences() for operation in row.operations} <= set(OPERATIONS)
