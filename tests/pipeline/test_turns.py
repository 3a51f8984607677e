"""Calls that are sent one after another are prepared side by side, and none is sent before the one before it is confirmed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from ix_tools.pipeline import turns
from ix_tools.pipeline.turns import Turn, TurnLost

Act = Callable[[Turn], None]


def confirm(turn: Turn) -> None:
    turn.mark_sent()
    turn.confirm()


async def is_waiting(wait: Callable[[], Awaitable[None]]) -> bool:
    """Tell whether a wait does not end while nothing else happens."""
    ended: list[bool] = []

    async def run() -> None:
        await wait()
        ended.append(True)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    return not ended


async def test_the_first_of_a_line_waits_for_nobody() -> None:
    first = Turn()
    await first.wait_to_prepare()
    await first.wait_to_send()


@pytest.mark.parametrize(
    ("act", "may_prepare", "may_send"),
    [
        (lambda _: None, False, False),
        (Turn.mark_sent, True, False),
        (Turn.confirm, True, True),
        (confirm, True, True),
        (lambda turn: (turn.confirm(), turn.give_up()), True, True),
    ],
)
async def test_a_call_goes_as_far_as_the_one_before_it_lets_it(
    act: Act, may_prepare: bool, may_send: bool
) -> None:
    before = Turn()
    turn = Turn(before)
    act(before)
    assert await is_waiting(turn.wait_to_prepare) is not may_prepare
    assert await is_waiting(turn.wait_to_send) is not may_send


@pytest.mark.parametrize("act", [Turn.give_up, lambda turn: (turn.give_up(), turn.confirm())])
async def test_nothing_is_sent_after_a_call_that_was_lost(act: Act) -> None:
    before = Turn()
    turn = Turn(before)
    act(before)
    assert before.is_lost
    for wait in (turn.wait_to_prepare, turn.wait_to_send):
        with pytest.raises(TurnLost) as refusal:
            await wait()
        assert (refusal.value.sent, refusal.value.retryable) == ("nothing", True)


async def test_a_wait_for_a_read_back_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MAX_WAIT_SECONDS", 0.0)
    before = Turn()
    before.mark_sent()
    with pytest.raises(TurnLost):
        await Turn(before).wait_to_send()
