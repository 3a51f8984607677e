"""Fixtures of all tests: one event loop, and a user without account, files and settings."""

import gc
import inspect
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sniffio
import sqlalchemy
from anyio._core import _eventloop

from tests.clock import clock  # noqa: F401 - fixture
from tests.harness import empty_store, harness, running_sandbox, shared_context  # noqa: F401 - fixtures for everyone
from tests.stores import place, server  # noqa: F401

hypothesis.settings.register_profile("gate", deadline=None, derandomize=True)
hypothesis.settings.load_profile("gate")

# A loop lives on between asynchronous tests. With sniffio, which some packages of vendors bring along, anyio would take a program
# that a test runs in between for one that runs inside that loop; without it, anyio asks asyncio.
vars(_eventloop)["sniffio"] = None

# Thousands of collected tests live to the end: searching them for garbage takes a fifth of the collection time.
gc.disable()

MEMORY = Path("/dev/shm")
"""File system in memory, if there is one: a store waits for the disk at every commit."""
ROOM = 2**30
"""Free bytes that it must have; a whole run leaves a few megabytes."""


def keep_files_in_memory() -> None:
    """Let the temporary files of the tests and of their processes lie in memory, unless TMPDIR names another place."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


keep_files_in_memory()
HOMES = itertools.count()
FOLDERS = (
    "HOME",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Leave how the run ended for tools/second_look.py: only a run that reached its end is looked at again."""
    if not hasattr(session.config, "workerinput") and hasattr(session.config, "cache"):
        session.config.cache.set("ix_tools/exit_status", int(exitstatus))


def pytest_collection_finish() -> None:
    """Turn garbage collection on after the tests were collected, and exclude the collected objects from it."""
    gc.freeze()
    gc.enable()


def clear_user_environment(environment: pytest.MonkeyPatch, home: Path) -> None:
    """Remove the settings of the user who runs the tests from the environment, and set another home."""
    for name in list(os.environ):
        if name.startswith(("INVOICEXPRESS_", "IX_TOOLS_")):
            environment.delenv(name)
    for name in FOLDERS:
        environment.setenv(name, str(home if name in ("HOME", "USERPROFILE") else home / name.lower()))


@pytest.fixture(scope="session", autouse=True)
def nobody_is_signed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Clear the environment for fixtures that live longer than a test."""
    with pytest.MonkeyPatch.context() as environment:
        clear_user_environment(environment, tmp_path_factory.mktemp("nobody"))
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    """Let the SQLite engines of all tests share one cache of compiled statements."""
    shared: dict[str, sqlalchemy.Dialect] = {}
    compiled: dict[Any, Any] = {}
    original = sqlalchemy.create_engine

    def create_engine(*given: Any, **named: Any) -> sqlalchemy.Engine:
        engine: sqlalchemy.Engine = original(*given, **named)
        if engine.dialect.name == "sqlite":
            engine.dialect = shared.setdefault("sqlite", engine.dialect)
            engine.update_execution_options(compiled_cache=compiled)
        return engine

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sqlalchemy, "create_engine", create_engine)
        yield


@pytest.fixture(autouse=True)
def nobody_was_here(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give every test its own home, which does not exist until something writes there."""
    clear_user_environment(monkeypatch, tmp_path_factory.getbasetemp() / "homes" / str(next(HOMES)))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio."""
    return "asyncio"


@pytest.fixture(autouse=True)
def synchronous_tests_may_start_asyncio(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test that is no coroutine start asyncio, as the command line does.

    While an asynchronous fixture of the session lives, sniffio names its thread as running asyncio, also between the tests.
    """
    if inspect.iscoroutinefunction(request.function):
        yield
        return
    token = sniffio.current_async_library_cvar.set(None)
    yield
    sniffio.current_async_library_cvar.reset(token)
