"""A few runs of `make faults`: it includes every write, and it reports every fault."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from faults.cases import CASES, NOW, Ledger
from faults.matrix import describe_run, format_table, list_plans, open_database, prepare_places
from faults.run import BREAKS, PROCESSES, Plan, RunEnvironment, RunResult, _judge, execute_plan
from faults.worker import Order
from ix_tools.operations.registry import catalogue
from ix_tools.sandbox.server import Sandbox

Json = dict[str, Any]
STORES = ("sqlite", "postgresql")
RUNS = (
    ("create_invoice invoices", "write", "reset after commit", "sqlite", "2"),
    ("generate_payment", "write", "500 after commit", "postgresql", "2"),
    ("create_client", "write", "cut JSON", "sqlite", "1"),
    ("set_default_sequence", "write", "500 before commit", "postgresql", "1"),
    ("update_estimate", "look-ups", "empty body", "sqlite", "1"),
    ("change_state finalized invoices", "read back", "cut JSON", "sqlite", "1"),
    ("create_regularization", "after intent", "kill -9", "postgresql", "2"),
    ("create_item", "request committed", "kill -9", "sqlite", "2"),
    ("delete_tax", "finish", "store gone", "sqlite", "1"),
)


def test_every_write_is_in_the_matrix() -> None:
    """Every write is combined with every step and fault, both stores, and one and two processes."""
    assert {case.operation for case in CASES} == {
        # A workflow's requests are sent by other operations.
        name
        for name, one in catalogue().items()
        if one.spec.effect.writes and one.spec.route
    }
    plans = list_plans(STORES, 7)
    assert {(plan.store, plan.processes) for plan in plans} == {
        (store, n) for store in STORES for n in (1, 2)
    }
    runs_of = [
        (plan.case.name, plan.broken.step, plan.broken.name, plan.store, plan.processes) for plan in plans
    ]
    assert {(step, name) for _, step, name, _, _ in runs_of} == {(one.step, one.name) for one in BREAKS}
    assert len(set(runs_of)) == len(runs_of)


def test_a_seed_always_gives_the_same_runs() -> None:
    assert [vars(one) for one in list_plans(STORES, 3)] == [vars(one) for one in list_plans(STORES, 3)]
    assert list_plans(STORES, 3) != list_plans(STORES, 4)


@pytest.fixture(scope="module")
def somewhere(tmp_path_factory: pytest.TempPathFactory, server: str) -> Iterator[RunEnvironment]:
    """The environment of the runs."""
    with (
        Sandbox(clock=NOW) as sandbox,
        prepare_places(sandbox, tmp_path_factory.mktemp("places"), server) as where,
    ):
        yield where


@pytest.mark.timeout(300)
@pytest.mark.parametrize("wanted", RUNS, ids=" - ".join)
def test_no_document_is_lost_doubled_or_unreported(
    somewhere: RunEnvironment, wanted: tuple[str, ...]
) -> None:
    if wanted[3] == "postgresql" and not somewhere.server:
        pytest.skip("no PostgreSQL here")
    (plan,) = (
        one
        for one in list_plans(STORES, 7)
        if (one.case.name, one.broken.step, one.broken.name, one.store, str(one.processes)) == wanted
    )
    found = execute_plan(plan, somewhere)
    assert found.faults == [], describe_run(found)


DONE: Json = {"ok": True}
UNKNOWN: Json = {"ok": False, "code": "outcome_unknown", "sent": "unknown"}
REFUSED: Json = {"ok": False, "code": "rejected", "sent": "refused"}


@pytest.mark.parametrize(
    ("told", "effects", "words"),
    [
        ([(1, DONE)], [1, 1, 1], []),
        ([(1, UNKNOWN), (2, DONE)], [1, 1, 1], []),
        ([(1, UNKNOWN), (2, UNKNOWN), (3, DONE)], [0, 0, 1], []),
        ([(1, {}), (2, DONE)], [1, 1, 1], []),
        ([(1, REFUSED), (2, DONE)], [0, 1, 1], []),
        ([(1, DONE), (2, DONE)], [1, 2, 2], ["duplicate"]),
        ([(1, DONE), (1, DONE)], [2, 2, 2], ["duplicate"]),
        ([(1, DONE)], [0, 0, 0], ["lost", "unfinished"]),
        ([(1, REFUSED), (2, DONE)], [1, 1, 1], ["unreported"]),
        ([(1, REFUSED), (2, REFUSED), (3, REFUSED)], [0, 0, 0], ["unfinished"]),
        ([(1, UNKNOWN), (2, UNKNOWN), (3, REFUSED)], [1, 1, 1], ["untold"]),
        (
            [(1, {"ok": False, "code": "internal_error", "sent": "unknown"}), (2, DONE)],
            [1, 1, 1],
            ["internal"],
        ),
    ],
)
def test_what_goes_wrong_is_called_by_its_name(
    somewhere: RunEnvironment,
    tmp_path: Path,
    told: list[tuple[int, Json]],
    effects: list[int],
    words: list[str],
) -> None:
    """A matrix that detects no fault would always succeed."""
    file = Path(shutil.copy(somewhere.empty, tmp_path))
    order = Order("http://127.0.0.1:9", "sandbox-key-0000", str(file), "acme", "create_invoice", {})
    plan = Plan(1, CASES[0], next(one for one in BREAKS if one.step == "write"), "sqlite", 1, keyed=False)
    found = RunResult(plan, told, effects)
    _judge(found, order)
    assert found.faults == words
    assert all(word in format_table([found]) for word in ("duplicate", "lost", "unreported", "write"))


def test_without_a_server_it_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faults.matrix.POSTGRESQL", "postgresql://nobody@127.0.0.1:9/none")
    with open_database() as url:
        assert url == ""


def test_a_ledger_counts_what_stands(somewhere: RunEnvironment) -> None:
    ledger: Ledger = somewhere.ledger
    ledger.sandbox.reset()
    number = ledger.create_draft(reference="FAULT-1")
    assert ledger.count_documents(reference="FAULT-1") == 1
    ledger.change_state("invoice", number, "deleted")
    assert ledger.count_documents(reference="FAULT-1") == 0


def tell_environment(line: Connection) -> None:
    """Send the environment of a process."""
    line.send(os.environ.get("WHERE_IT_STARTED"))


def test_a_process_has_the_environment_in_which_it_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the one of the first process: a home with data about an earlier store would refuse this one."""
    for word in ("first", "second"):
        monkeypatch.setenv("WHERE_IT_STARTED", word)
        mine, theirs = PROCESSES.Pipe()
        process = PROCESSES.Process(target=tell_environment, args=(theirs,))
        process.start()
        assert mine.recv() == word
        process.join(100)
        mine.close()
        theirs.close()
