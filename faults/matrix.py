"""`make faults`: every write × every step × every fault × both stores × one and two processes, from a seed.

all plans ─▶ shuffled by the seed ─▶ the first --runs ─▶ slots, each with its own sandbox ─▶ table
"""

import argparse
import os
import random
import secrets
import shutil
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from faults.cases import CASES, NOW, Ledger
from faults.lives import hear_all
from faults.run import BREAKS, Plan, RunEnvironment, RunResult, execute_plan
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store

POSTGRESQL = os.environ.get("IX_TOOLS_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
"""A PostgreSQL server on which databases may be created."""
EVERY = 50
"""Number of runs between two progress messages."""
WRONG = ("duplicate", "lost", "unreported", "unfinished", "untold", "left open", "internal", "trail")


def list_plans(stores: Sequence[str], seed: int) -> list[Plan]:
    """Return all plans in the order of the seed; every fault occurs before a case is repeated with it."""
    chance = random.Random(seed)
    plans = []
    for case in CASES:
        for broken in BREAKS:
            if broken.name == "wrong totals" and case.answer not in {"document", "receipt"}:
                continue
            for store in stores:
                plans += [
                    Plan(0, case, broken, store, processes, chance.random() < 0.5) for processes in (1, 2)
                ]
    chance.shuffle(plans)
    return [
        Plan(number, plan.case, plan.broken, plan.store, plan.processes, plan.keyed)
        for number, plan in enumerate(plans, 1)
    ]


@contextmanager
def prepare_places(sandbox: Sandbox, folder: Path, server: str) -> Iterator[RunEnvironment]:
    """Prepare a migrated store to copy, and two addresses that do not answer."""
    empty = folder / "empty.db"
    store = Store(empty)
    with store.reading():
        pass
    store.close()
    with ExitStack() as stack:
        refused = stack.enter_context(socket.socket())
        refused.bind(("127.0.0.1", 0))  # bound, so that no other program uses it, but not listening
        silent = stack.enter_context(socket.socket())
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        for _ in range(2):  # its queue is full from here on, so connections get no answer
            knock = stack.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(silent.getsockname())
        ledger = Ledger(sandbox)
        stack.callback(ledger.close)
        yield RunEnvironment(
            ledger,
            folder,
            empty,
            server,
            f"http://127.0.0.1:{refused.getsockname()[1]}",
            f"http://127.0.0.1:{silent.getsockname()[1]}",
        )


@contextmanager
def open_database(template: str = "") -> Iterator[str]:
    """Create a PostgreSQL database for these runs; yield "" without a server. `template`: the URL of one to copy."""
    import sqlalchemy as sql

    url = sql.make_url(POSTGRESQL).set(drivername="postgresql+psycopg")
    # Not only the process id, which may be reused: a killed process could not drop its database.
    name = f"ix_faults_{os.getpid()}_{secrets.token_hex(4)}"
    try:
        engine = sql.create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 10})
        with engine.connect() as connection:
            connection.exec_driver_sql(
                f"CREATE DATABASE {name} TEMPLATE {template.rpartition('/')[2] or 'template0'}"
            )
    except (sql.exc.SQLAlchemyError, ImportError):
        yield ""
        return
    try:
        made = POSTGRESQL.rsplit("/", 1)[0] + f"/{name}"
        store = Store(made)
        with store.reading():
            pass
        store.close()
        yield made
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        engine.dispose()


def run_plans(plans: Sequence[Plan], server: str) -> Iterator[RunResult]:
    """Run plans one after the other in one sandbox."""
    folder = Path(tempfile.mkdtemp(prefix="ix-faults-"))
    try:
        with Sandbox(clock=NOW) as sandbox, prepare_places(sandbox, folder, server) as where:
            for plan in plans:
                yield execute_plan(plan, where)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_slot(plans: Sequence[Plan], server: str, line: Connection) -> None:
    os.environ["XDG_DATA_HOME"] = os.environ["HOME"] = tempfile.mkdtemp(prefix="ix-faults-home-")
    try:
        for found in run_plans(plans, server):
            line.send((found.plan.number, found.told, found.effects, found.left, found.faults))
    finally:
        line.send(None)
        shutil.rmtree(os.environ["HOME"], ignore_errors=True)


def run_in_slots(
    plans: Sequence[Plan], stores: Sequence[str], seed: int, server: str, slots: int
) -> Generator[RunResult, None, None]:
    """Run plans in several processes and yield results as they arrive. Plans are not picklable, so their numbers are sent."""
    by_number = {plan.number: plan for plan in plans}
    shares = [([plan.number for plan in plans[slot::slots]], stores, seed, server) for slot in range(slots)]
    with closing(hear_all(_run_share, shares)) as results:
        for number, told, effects, left, faults in results:
            yield RunResult(by_number[number], told, effects, left, faults)


def _run_share(
    numbers: Sequence[int], stores: Sequence[str], seed: int, server: str, line: Connection
) -> None:
    wanted = set(numbers)
    _run_slot([plan for plan in list_plans(stores, seed) if plan.number in wanted], server, line)


# --- the table -------------------------------------------------------------------------------------------


def format_table(found: Sequence[RunResult]) -> str:
    """Format the results by step and fault, by store and processes, with all errors."""
    lines = [
        f"{'step':18} {'fault':26} {'runs':>5} {'told done':>9} {'unknown':>8} {'duplicate':>9} {'lost':>5} {'unreported':>10}"
    ]
    for broken in BREAKS:
        rows = [one for one in found if one.plan.broken == broken]
        if rows:
            lines.append(f"{broken.step:18} {broken.name:26} {_format_figures(rows)}")
    for name, one_of in (("sqlite", "store"), ("postgresql", "store"), (1, "processes"), (2, "processes")):
        rows = [one for one in found if getattr(one.plan, one_of) == name]
        what = name if one_of == "store" else f"{name} process{'es' if name == 2 else ''}"
        lines.append(f"{what:45} {_format_figures(rows)}")
    lines.append(f"{'all':45} {_format_figures(found)}")
    others = Counter(word for one in found for word in one.faults)
    lines.append(", ".join(f"{word}: {others[word]}" for word in WRONG))
    return "\n".join(lines)


def _format_figures(rows: Sequence[RunResult]) -> str:
    from faults.run import is_done, is_unknown

    done = sum(any(is_done(told) for _, told in one.told) for one in rows)
    unknown = sum(is_unknown(one.told[-1][1]) for one in rows)
    count = Counter(word for one in rows for word in one.faults)
    return f"{len(rows):5} {done:9} {unknown:8} {count['duplicate']:9} {count['lost']:5} {count['unreported']:10}"


def describe_run(one: RunResult) -> str:
    """Describe a failed run, with the command that repeats it."""
    plan = one.plan
    head = (
        f"{', '.join(one.faults)}: run {plan.number}, {plan.case.name}, {plan.broken.step}: {plan.broken.name}, "
        f"{plan.store}, {plan.processes} processes, {'keyed' if plan.keyed else 'no key'}; effects {one.effects}, left {one.left}"
    )
    told = [
        f"    life {life}: {'killed' if not said else 'done' if said.get('ok') else said.get('code')} "
        f"{said.get('message', '')[:300] if said and not said.get('ok') else ''}"
        for life, said in one.told
    ]
    return "\n".join([head, *told])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, and return 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--runs", type=int, default=1000, help="0: every one there is")
    parser.add_argument("--slots", type=int, default=4, help="sandboxes side by side")
    parser.add_argument("--only", default="", help="runs whose case, step or fault contains this")
    parser.add_argument("--run", type=int, default=0, help="one run by its number")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with open_database() as server:
        stores = ("sqlite", "postgresql") if server else ("sqlite",)
        if not server:
            print(f"no PostgreSQL at {POSTGRESQL}: SQLite only")
        plans = list_plans(stores, options.seed)
        everything = len(plans)
        if options.run:
            plans = [plan for plan in plans if plan.number == options.run]
        if options.only:
            plans = [
                plan
                for plan in plans
                if options.only in f"{plan.case.name} | {plan.broken.step} | {plan.broken.name}"
            ]
        plans = plans[: options.runs] if options.runs else plans
        found: list[RunResult] = []
        with (
            suppress(KeyboardInterrupt),
            closing(
                run_in_slots(plans, stores, options.seed, server, min(options.slots, len(plans)))
            ) as results,
        ):
            for one in results:
                found.append(one)
                if one.faults or options.run:
                    print(describe_run(one), flush=True)
                if len(found) % EVERY == 0:
                    print(f"{len(found)} of {len(plans)} runs, {time.monotonic() - began:.0f} s", flush=True)
    print(format_table(found))
    wrong = [one for one in found if one.faults]
    print(
        f"seed {options.seed}: {len(found)} of {everything} runs in {time.monotonic() - began:.0f} s, "
        f"{len({(one.plan.case.name) for one in found})} writes, {len(wrong)} wrong"
    )
    return 1 if wrong or len(found) < len(plans) else 0
