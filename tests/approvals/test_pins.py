"""PINs: who may set and change them, how long a wrong one makes the next wait, and that nobody guesses at leisure."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sql

from ix_tools.approvals.pins import (
    MAX_WAIT,
    MAX_WRONG_GUESSES_PER_YEAR,
    WRONG_GUESSES_WITHOUT_WAIT,
    YEAR,
    Pins,
)
from ix_tools.errors import ApprovalRefused
from ix_tools.storage.database import Store
from ix_tools.storage.schema import audit
from ix_tools.storage.schema import pins as stored_pins
from tests.clock import Clock

PIN, OTHER = "bacalhau", "sardinha"
SAME = (("terminal:bsilva", "bruno"), ("page:bruno@acme.example", "bruno"), ("terminal:maria", "maria"))
ANA = "terminal:ana"


@pytest.fixture
def store(place: str, clock: Clock) -> Iterator[Store]:
    """A store of either kind, by this clock."""
    opened = Store(place)
    opened.clock = clock
    yield opened
    opened.close()


@pytest.fixture
def pins(store: Store, monkeypatch: pytest.MonkeyPatch) -> Pins:
    """PINs whose hashes take no time; `test_a_stored_hash_costs_whoever_guesses_it` has those of the product."""
    monkeypatch.setattr("ix_tools.approvals.pins.SCRYPT_COST", 2)
    return Pins(store)


def guess(pins: Pins, pin: str = "wrong-one", who: str = "bruno") -> str:
    """`right`, or the code of the refusal."""
    try:
        return "right" if pins.check(who, pin) is not None else "none"
    except ApprovalRefused as refused:
        return refused.code


def trail(store: Store) -> list[tuple[str, str, str]]:
    with store.reading() as connection:
        rows = connection.execute(sql.select(audit).order_by(audit.c.seq)).all()
    return [(row.event, row.principal, row.outcome) for row in rows]


# --- setting


def test_who_set_a_pin_is_kept_and_in_the_trail(pins: Pins, store: Store) -> None:
    assert (pins.has_pin("bruno"), pins.find_setter("bruno"), pins.check("bruno", PIN)) == (False, None, None)
    pins.set("bruno", PIN, by=ANA)
    assert pins.find_setter("bruno") == ANA
    assert pins.check("bruno", PIN) == ANA
    pins.set("bruno", OTHER, by="terminal:rui", old=PIN)
    assert pins.check("bruno", OTHER) == "terminal:rui"
    pins.set("bruno", None, by="terminal:bruno")
    assert trail(store) == [
        ("pin set", "bruno", "by terminal:ana"),
        ("pin changed", "bruno", "by terminal:rui"),
        ("pin removed", "bruno", "by terminal:bruno"),
    ]


@pytest.mark.parametrize("new", [OTHER, None], ids=["changed", "removed"])
@pytest.mark.parametrize(
    ("by", "old", "code"),
    [
        (ANA, PIN, ""),
        (ANA, None, "pin_needed"),
        (ANA, "", "pin_wrong"),
        (ANA, OTHER, "pin_wrong"),
        ("terminal:bsilva", None, ""),
        ("terminal:BSilva", None, ""),
        ("terminal:bruno", None, ""),
        ("terminal:maria", None, "pin_needed"),
        ("terminal:root", None, "pin_needed"),
        ("terminal:", None, "pin_needed"),
        ("", None, "pin_needed"),
    ],
)
def test_a_pin_is_changed_by_who_knows_it_or_by_its_own_person(
    pins: Pins, by: str, old: str | None, code: str, new: str | None
) -> None:
    pins.set("bruno", PIN, by=ANA)
    if code:
        with pytest.raises(ApprovalRefused) as refused:
            pins.set("bruno", new, by=by, same=SAME, old=old)
        assert refused.value.code == code
        assert guess(pins, PIN) == "right"
    else:
        pins.set("bruno", new, by=by, same=SAME, old=old)
        assert guess(pins, PIN) == ("pin_wrong" if new else "none")


def test_a_name_that_may_be_two_people_is_neither(pins: Pins) -> None:
    same = (("terminal:loja", "ana"), ("principal:loja", "rui"))
    pins.set("bruno", PIN, by=ANA)
    assert pins.is_own("loja", "terminal:loja", same) is False
    assert pins.is_own("loja", "terminal:loja") is True


def test_a_short_pin_is_refused(pins: Pins) -> None:
    with pytest.raises(ApprovalRefused, match="at least 6"):
        pins.set("bruno", "12345", by=ANA)


# --- guessing


def test_a_few_wrong_ones_cost_nothing_then_each_waits_longer_than_the_one_before(
    pins: Pins, clock: Clock
) -> None:
    pins.set("bruno", PIN, by=ANA)
    for _ in range(WRONG_GUESSES_WITHOUT_WAIT):
        assert guess(pins) == "pin_wrong"
        assert pins.find_next_attempt_time("bruno") == 0
    waits = []
    for _ in range(14):
        assert guess(pins) == "pin_wrong"
        waits.append(pins.find_next_attempt_time("bruno") - clock.now)
        clock.now += waits[-1] - 1
        assert guess(pins, PIN) == "pin_locked", "not even the right one"
        clock.now += 1
    assert waits[:5] == [60, 120, 240, 480, 960]
    assert waits == sorted(waits)
    assert waits[-1] == MAX_WAIT
    assert guess(pins, PIN) == "right", "it ends by itself"
    assert [guess(pins) for _ in range(WRONG_GUESSES_WITHOUT_WAIT)] == [
        "pin_wrong"
    ] * WRONG_GUESSES_WITHOUT_WAIT, "and begins anew"


def test_the_refusal_says_when_the_next_try_is(pins: Pins, clock: Clock) -> None:
    pins.set("bruno", PIN, by=ANA)
    for _ in range(WRONG_GUESSES_WITHOUT_WAIT + 1):
        guess(pins)
    with pytest.raises(ApprovalRefused) as refused:
        pins.check("bruno", PIN)
    told = refused.value.as_dict()
    assert datetime.fromisoformat(told["next_try"]) == datetime.fromtimestamp(clock.now + 60, UTC)
    assert (told["retryable"], told["sent"]) == (True, "nothing")


def test_a_year_has_only_so_many_guesses_whatever_is_right_in_between(pins: Pins, clock: Clock) -> None:
    pins.set("bruno", PIN, by=ANA)
    began, wrong = clock.now, 0
    while wrong < MAX_WRONG_GUESSES_PER_YEAR:
        assert guess(pins) == "pin_wrong"
        wrong += 1
        assert pins.find_next_attempt_time("bruno") == 0 or wrong == MAX_WRONG_GUESSES_PER_YEAR
        clock.now += 60
        if wrong < MAX_WRONG_GUESSES_PER_YEAR:
            assert guess(pins, PIN) == "right"
    assert guess(pins, PIN) == "pin_locked"
    assert pins.find_next_attempt_time("bruno") == began + YEAR, "when the first of them is a year old"
    clock.now = began + YEAR - 1
    assert guess(pins) == "pin_locked"
    clock.now += 1
    assert guess(pins, PIN) == "right"


def test_one_persons_guesses_are_not_anothers(pins: Pins) -> None:
    for name in ("bruno", "carla"):
        pins.set(name, PIN, by=ANA)
    for _ in range(WRONG_GUESSES_WITHOUT_WAIT + 1):
        guess(pins)
    assert guess(pins, PIN) == "pin_locked"
    assert guess(pins, PIN, "carla") == "right"


def test_the_old_pin_is_guessed_no_faster_in_a_terminal(pins: Pins) -> None:
    pins.set("bruno", PIN, by=ANA)
    codes = []
    for _ in range(WRONG_GUESSES_WITHOUT_WAIT + 3):
        with pytest.raises(ApprovalRefused) as refused:
            pins.set("bruno", OTHER, by=ANA, old="wrong-one")
        codes.append(refused.value.code)
    assert codes == ["pin_wrong"] * (WRONG_GUESSES_WITHOUT_WAIT + 1) + ["pin_locked"] * 2
    pins.set("bruno", OTHER, by="terminal:bruno")
    assert guess(pins, OTHER) == "right", "its own person is not locked out"


def test_guesses_at_the_same_moment_are_so_many_guesses(pins: Pins) -> None:
    pins.set("bruno", PIN, by=ANA)
    together = threading.Barrier(12)

    def one(_: int) -> str:
        together.wait()
        return guess(pins)

    with ThreadPoolExecutor(12) as people:
        codes = sorted(people.map(one, range(12)))
    assert codes == ["pin_locked"] * (12 - WRONG_GUESSES_WITHOUT_WAIT - 1) + ["pin_wrong"] * (
        WRONG_GUESSES_WITHOUT_WAIT + 1
    )


def test_a_stored_hash_costs_whoever_guesses_it(tmp_path: Path) -> None:
    """scrypt with n = 2^14, r = 8, p = 1, which takes 16 MiB a guess; RFC 7914."""
    store = Store(tmp_path / "ix-tools.db")
    Pins(store).set("bruno", PIN, by=ANA)
    with store.reading() as connection:
        row = connection.execute(sql.select(stored_pins)).one()
    store.close()
    salt = bytes.fromhex(row.salt)
    assert row.hash == hashlib.scrypt(PIN.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32).hex()


def test_no_pin_stands_in_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "ix-tools.db")
    Pins(store).set("bruno", PIN, by=ANA)
    store.close()
    assert PIN.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("ix-tools.db*"))
