"""Generate the tables of docs/reference/errors.md: error codes, classes, HTTP statuses and exit codes."""

import inspect
from dataclasses import MISSING, fields
from typing import Any

from ix_tools import error_codes, errors
from ix_tools.fiscal.series_codes import list_registration_outcomes
from ix_tools.http_statuses import HTTP_STATUSES
from tools.docs.markdown import get_first_sentence, render_code, render_code_block, render_table


def render_error_codes() -> str:
    """Render the table of error codes."""
    return render_table(
        ("Code", "HTTP", "Exit", "Repeat as it is", "Meaning"),
        [
            (
                render_code(name),
                str(row.status),
                str(int(row.exit_code)),
                "" if row.retry is error_codes.Retry.NO else row.retry.value,
                str(row.meaning),
            )
            for name, row in sorted(error_codes.ERROR_CODES.items())
        ],
    )


def render_error_tree() -> str:
    """Render the tree of error classes."""
    return render_code_block("text", (errors.__doc__ or "").split("\n\n", 1)[1].strip())


def render_error_kinds() -> str:
    """Render the default code and outcome of each error class."""
    kinds = [
        one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.IxError)
    ]
    rows = [
        (
            render_code(kind.__name__),
            render_code(name) if (name := _get_default(kind, "code")) else "",
            render_code(_get_default(kind, "sent")),
            get_first_sentence(kind),
        )
        for kind in sorted(kinds, key=lambda kind: inspect.getsourcelines(kind)[1])
    ]
    return render_table(("Kind", "Code", "Sent", "Meaning"), rows)


def _get_default(kind: type[errors.IxError], name: str) -> Any:
    found = next(one for one in fields(kind) if one.name == name)
    return "" if found.default is MISSING else found.default


def render_series_outcomes() -> str:
    """Render InvoiceXpress's codes for series by HTTP status and code."""
    rows = [
        (f"{one.status} / {one.code}", render_code(one.operation), one.en, one.next_en)
        for one in list_registration_outcomes()
    ]
    return render_table(("Status / code", "Operation", "Meaning", "What to do"), rows)


def render_http_statuses() -> str:
    """Render the table of HTTP statuses."""
    rows = [(str(one), it.title, it.meaning) for one, it in HTTP_STATUSES.items()]
    return render_table(("Status", "Name", "Meaning"), rows)


def render_exit_codes() -> str:
    """Render the table of exit codes."""
    return render_table(
        ("Code", "Meaning"), [(str(int(one)), str(said)) for one, said in error_codes.EXIT_MEANINGS.items()]
    )
