"""Every documented refusal of registering a series has a meaning and a next step, in both languages."""

import json
from pathlib import Path

import pytest

from ix_tools.fiscal.series_codes import (
    RegistrationOutcome,
    find_registration_outcome,
    list_registration_outcomes,
)

VENDOR = json.loads(
    (Path(__file__).parents[1] / "vendor" / "registration_codes.json").read_text(encoding="utf-8")
)


def test_the_outcomes_are_the_documented_ones_no_more_and_no_fewer() -> None:
    told = [(each.operation, each.status, each.code) for each in list_registration_outcomes()]
    assert len(set(told)) == len(told)
    assert set(told) == {(row["operation"], row["status"], row["code"]) for row in VENDOR["codes"]}


def test_registering_answers_with_all_nine_codes_from_000_to_008() -> None:
    codes = sorted(
        each.code for each in list_registration_outcomes() if each.operation == "register_sequence"
    )
    assert codes == [f"{number:03d}" for number in range(9)]


@pytest.mark.parametrize(
    "outcome", list_registration_outcomes(), ids=lambda each: f"{each.operation}-{each.status}-{each.code}"
)
def test_every_outcome_says_what_happened_and_what_to_do(outcome: RegistrationOutcome) -> None:
    for sentence in (outcome.pt, outcome.en, outcome.next_pt, outcome.next_en):
        assert sentence.endswith(".")
    assert outcome.pt != outcome.en


def test_the_same_number_means_another_thing_in_another_operation() -> None:
    registering = find_registration_outcome(422, "002")
    creating = find_registration_outcome(422, "002", "create_sequence")
    assert registering
    assert creating
    assert "credentials" in registering.en
    assert "already exists" in creating.en


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "005"), (409, "006"), (422, "005"), (422, "009"), (200, "001"), (422, "1"), (422, "")],
)
def test_a_pair_nobody_documented_has_no_meaning(status: int, code: str) -> None:
    assert find_registration_outcome(status, code) is None
