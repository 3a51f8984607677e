"""What every test stands on: one event loop, and a user who has no account, no files and no settings."""

import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy

from tests.harness import empty_store, harness, running_sandbox, shared_context  # noqa: F401 - fixtures for everyone
from tests.stores import place, server  # noqa: F401

hypothesis.settings.register_profile("gate", deadline=None, derandomize=True)
hypothesis.settings.load_profile("gate")

# Thousands of tests are kept to the end: looking through them for garbage, again and again, is a fifth of collecting.
gc.disable()

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


def pytest_collection_finish() -> None:
    """From here on there is garbage, and what was collected is none."""
    gc.freeze()
    gc.enable()


def clear_user_environment(environment: pytest.MonkeyPatch, home: Path) -> None:
    """Forget the account of whoever runs the tests, and keep away from their files."""
    for name in list(os.environ):
        if name.startswith(("INVOICEXPRESS_", "IX_TOOLS_")):
            environment.delenv(name)
    for name in FOLDERS:
        environment.setenv(name, str(home if name in ("HOME", "USERPROFILE") else home / name.lower()))


@pytest.fixture(scope="session", autouse=True)
def nobody_is_signed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For fixtures that live longer than a test."""
    with pytest.MonkeyPatch.context() as environment:
        clear_user_environment(environment, tmp_path_factory.mktemp("nobody"))
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    """Let the SQLite files of all tests share their compiled statements: each has its own, and few uses for them."""
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
    """A home of its own for every test. It does not exist until something writes there."""
    clear_user_environment(monkeypatch, tmp_path_factory.getbasetemp() / "homes" / str(next(HOMES)))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio."""
    return "asyncio"
