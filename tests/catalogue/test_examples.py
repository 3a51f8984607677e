"""Every operation has one worked example, and it goes through the whole pipeline: arguments, guards, request, sandbox, read-back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ix_tools.operations.registry import catalogue
from tests.harness import Harness
from tests.preparations import PREPARATIONS, prepare_example


@pytest.fixture
def open_office(harness: Harness) -> Harness:
    """A harness whose settings leave nothing off."""
    settings = harness.context.settings.model_copy(update={"allow_account_setup": True})
    return replace(harness, context=replace(harness.context, settings=settings))


@pytest.mark.parametrize("name", list(catalogue()))
async def test_an_example_works_in_the_sandbox(open_office: Harness, name: str) -> None:
    result = await open_office.call(name, await prepare_example(open_office, name))
    assert result["ok"] is True
    assert all(step["tool"] in catalogue() for step in result.get("next", []))
    assert all(step["tool"] in catalogue() for step in result.get("undo", {}).get("calls", []))


def test_no_stage_is_left_over() -> None:
    assert set(PREPARATIONS) <= set(catalogue())
