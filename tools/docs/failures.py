"""The tables of docs/errors.md: codes, kinds, statuses and exit codes, read from the code that has them."""

import inspect
from dataclasses import MISSING, fields
from typing import Any

from ix_tools import errors
from ix_tools.fiscal.series_codes import registration_outcomes
from tools.docs.markdown import code, fenced, first_sentence, table


def error_codes() -> str:
    """Every code that a failure can have."""
    return table(
        ("Code", "HTTP", "Exit", "Repeat as it is", "Meaning"),
        [
            (
                code(name),
                str(row.status),
                str(int(row.exit)),
                "" if row.retry is errors.Retry.NO else row.retry.value,
                row.meaning,
            )
            for name, row in sorted(errors.ERROR_CODES.items())
        ],
    )


def error_tree() -> str:
    """The kinds of failure and what each is for."""
    return fenced("text", (errors.__doc__ or "").split("\n\n", 1)[1].strip())


def error_kinds() -> str:
    """The code and outcome that each kind of failure has where it names none."""
    kinds = [
        one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.IxError)
    ]
    rows = [
        (
            code(kind.__name__),
            code(name) if (name := _default(kind, "code")) else "",
            code(_default(kind, "sent")),
            first_sentence(kind),
        )
        for kind in sorted(kinds, key=lambda kind: inspect.getsourcelines(kind)[1])
    ]
    return table(("Kind", "Code", "Sent", "Meaning"), rows)


def _default(kind: type[errors.IxError], name: str) -> Any:
    found = next(one for one in fields(kind) if one.name == name)
    return "" if found.default is MISSING else found.default


def series_outcomes() -> str:
    """The codes of InvoiceXpress for series, by HTTP status and code."""
    rows = [
        (f"{one.status} / {one.code}", code(one.operation), one.en, one.next_en)
        for one in registration_outcomes()
    ]
    return table(("Status / code", "Operation", "Meaning", "What to do"), rows)


def http_statuses() -> str:
    """The HTTP statuses."""
    rows = [(str(one), it.title, it.meaning) for one, it in errors.HTTP_STATUSES.items()]
    return table(("Status", "Name", "Meaning"), rows)


def exit_codes() -> str:
    """The exit codes, for the README too."""
    return table(("Code", "Meaning"), [(str(int(one)), said) for one, said in errors.EXIT_MEANINGS.items()])
