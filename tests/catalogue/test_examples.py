"""Every operation has one worked example, and it goes the whole road: parse, guards, wire, sandbox, read back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ix_tools.operations.registry import catalogue
from tests.sandboxed import Harness
from tests.stages import PREPARATIONS, prepare_example


@pytest.fixture
def open_office(office: Harness) -> Harness:
    """An office whose settings leave nothing off."""
    settings = office.context.settings.model_copy(update={"allow_account_setup": True})
    return replace(office, context=replace(office.context, settings=settings))


@pytest.mark.parametrize("name", list(catalogue()))
async def test_an_example_works_in_the_sandbox(open_office: Harness, name: str) -> None:
    result = await open_office.call(name, await prepare_example(open_office, name))
    assert result["ok"] is True
    assert all(step["tool"] in catalogue() for step in result.get("next", []))
    assert all(step["tool"] in catalogue() for step in result.get("undo", {}).get("calls", []))


def test_no_stage_is_left_over() -> None:
    assert set(PREPARATIONS) <= set(catalogue())
