"""Every error code is in one table, and the table has no other."""

import ast
from collections.abc import Iterator
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path

import pytest

from ix_tools import errors
from ix_tools.error_codes import ERROR_CODES, EXIT_MEANINGS, Exit, Retry
from ix_tools.errors import (
    IxError,
    NotFound,
    SettingsError,
    StoreUnavailable,
    Unavailable,
    Unreachable,
    get_exit_code,
    get_http_status,
    get_result_exit_code,
    get_retry_delay,
)
from ix_tools.http_statuses import HTTP_STATUSES
from ix_tools.i18n.messages import verbatim
from tests.rows import every_row

PACKAGE = Path(errors.__file__).parent
KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.IxError)
}


@cache
def find_errors() -> tuple[tuple[str, ast.Call, str], ...]:
    """Return where each error is created, the call, and the class name."""
    return tuple(list_errors())


def list_errors() -> Iterator[tuple[str, ast.Call, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            one.asname or one.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "ix_tools.errors"
            for one in node.names
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in KINDS and name in imported:
                    yield f"{where}:{node.lineno}", node, name
                case ast.Call(func=ast.Name(id="build_refusal")) if where.startswith("interfaces/server/"):
                    yield f"{where}:{node.lineno}", node, "build_refusal"
                case ast.Call(func=ast.Attribute(value=ast.Name(id="errors"), attr=name)) if name in KINDS:
                    yield f"{where}:{node.lineno}", node, name
                case _:
                    pass


def list_codes(call: ast.Call, kind: str) -> list[str]:
    if kind == "build_refusal":
        return list_texts(call.args[0])
    named = [list_texts(one.value) for one in call.keywords if one.arg == "code"]
    return named[0] if named else [get_default_code(KINDS[kind])]


def list_texts(node: ast.expr) -> list[str]:
    match node:
        case ast.IfExp():
            return [*list_texts(node.body), *list_texts(node.orelse)]
        case ast.Constant(value=str(text)):
            return [text]
    return []


def get_default_code(kind: type[IxError]) -> str:
    found = next(one for one in fields(kind) if one.name == "code")
    return "" if found.default is MISSING else str(found.default)


def test_the_table_has_exactly_the_codes_that_are_raised() -> None:
    # `interfaces/server/problems.py` passes on the code that its callers write.
    raised = {
        code
        for where, call, kind in find_errors()
        if not where.startswith("interfaces/server/problems.py")
        for code in list_codes(call, kind) or [f"{where}: no text"]
    }
    assert raised == ERROR_CODES.keys()


def test_an_explicit_retryable_never_contradicts_the_table() -> None:
    by_hand = {
        where
        for where, call, kind in find_errors()
        if any(one.arg == "retryable" for one in call.keywords)
        and not all(ERROR_CODES[code].retry is Retry.DEPENDS for code in list_codes(call, kind))
    }
    assert by_hand == set()
    assert not IxError(verbatim("It went wrong."), code="internal_error", retryable=True).retryable
    assert IxError(verbatim("Wait."), code="busy").retryable


def test_every_code_has_a_known_status_and_exit_code_and_a_one_sentence_meaning() -> None:
    for row in ERROR_CODES.values():
        assert row.status in HTTP_STATUSES
        assert row.status >= 400
        assert row.exit_code in EXIT_MEANINGS
        assert row.exit_code not in {Exit.OK, Exit.APPROVAL_REQUIRED, Exit.INTERRUPTED}
        assert str(row.meaning).endswith(".")
        assert ". " not in str(row.meaning)
    assert {row.status for row in ERROR_CODES.values()} == {one for one in HTTP_STATUSES if one >= 400}


@every_row("code", ERROR_CODES)
@every_row("sent", ["nothing", "refused", "stored", "unknown"])
def test_sent_counts_before_the_code(code: str, sent: errors.Sent) -> None:
    exit_code = get_exit_code(IxError(verbatim("It went wrong."), code=code, sent=sent))
    wanted = {"unknown": Exit.UNKNOWN, "stored": Exit.STORED_DIFFERENTLY}
    assert exit_code is wanted.get(sent, ERROR_CODES[code].exit_code)


@pytest.mark.parametrize(
    ("failure", "status", "exit_code", "wait"),
    [
        (SettingsError(verbatim("No account.")), 500, Exit.USAGE, None),
        (SettingsError(verbatim("Off."), code="read_only"), 403, Exit.USAGE, None),
        (NotFound(verbatim("Nothing there.")), 404, Exit.SERVICE_REFUSED, None),
        (Unavailable(verbatim("Down."), retryable=True), 503, Exit.UNREACHABLE, 5),
        (
            Unavailable(verbatim("Down."), retryable=True, details={"retry_after": 17}),
            503,
            Exit.UNREACHABLE,
            17,
        ),
        (Unavailable(verbatim("Down."), sent="unknown"), 504, Exit.UNKNOWN, None),
        (Unreachable(verbatim("No answer.")), 504, Exit.UNREACHABLE, 5),
        (StoreUnavailable(verbatim("Newer.")), 503, Exit.USAGE, None),
        (IxError(verbatim("A fault."), code="internal_error", sent="unknown"), 500, Exit.UNKNOWN, None),
    ],
)
def test_a_failure_ends_as_the_table_says(
    failure: IxError, status: int, exit_code: Exit, wait: int | None
) -> None:
    assert (get_http_status(failure), get_exit_code(failure), get_retry_delay(failure)) == (
        status,
        exit_code,
        wait,
    )


def test_every_exit_code_is_explained() -> None:
    assert set(EXIT_MEANINGS) == set(Exit)
    assert get_result_exit_code({"ok": True}) is Exit.OK
    assert get_result_exit_code({"ok": False}) is Exit.REFUSED
    assert get_result_exit_code({"ok": False, "status": "approval_required"}) is Exit.APPROVAL_REQUIRED
