"""docs/errors.md: every way a call can fail, by kind and by code, read from the code that raises it."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from ix_tools import errors, exits, statuses
from ix_tools.faces.reference.markdown import NOTE, code, fenced, first_sentence, table
from ix_tools.fiscal.series_codes import registration_outcomes

PACKAGE = Path(__file__).resolve().parents[2]


def _kinds() -> list[type[errors.IxError]]:
    found = [
        one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.IxError)
    ]
    return sorted(found, key=lambda kind: inspect.getsourcelines(kind)[1])


def _default(kind: type[errors.IxError], name: str) -> Any:
    found = next(one for one in fields(kind) if one.name == name)
    return "" if found.default is MISSING else found.default


def codes() -> list[tuple[str, str, str, str]]:
    """Code, kind, what was sent and where, of every failure that the package raises by a code of its own."""
    kinds = {kind.__name__: kind for kind in _kinds()}
    found: dict[str, tuple[str, str, str, str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE)
        if where.parts[0] in {"sandbox", "errors.py"} or where.parts[:2] == ("faces", "reference"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for one in _raised(node, kinds):
                    found.setdefault(one[0], one)
    return [found[name] for name in sorted(found)]


def _raised(call: ast.Call, kinds: Mapping[str, type[errors.IxError]]) -> Iterator[tuple[str, str, str, str]]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    words = {one.arg: one.value for one in call.keywords if one.arg}
    if name == "_refusal" and len(call.args) > 1:
        name, named, said = "ApprovalRefused", call.args[0], call.args[1:2]
    elif name in kinds and "code" in words:
        named, said = words["code"], call.args[:1]
    else:
        return
    shown = _texts(words["sent"]) if "sent" in words else [str(_default(kinds[name], "sent"))]
    messages = _texts(said[0]) if said else []
    for at, text in enumerate(_texts(named)):
        message = messages[at] if at < len(messages) else ("" if not messages else messages[0])
        yield text, name, shown[at] if at < len(shown) else shown[0] if shown else "", message


def _texts(node: ast.expr) -> list[str]:
    """The text or texts that an expression stands for, with … for what is filled in."""
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)]
    return []


def errors_page() -> str:
    """docs/errors.md."""
    kinds = [
        (
            code(kind.__name__),
            code(str(_default(kind, "code"))),
            code(str(_default(kind, "sent"))),
            "yes" if _default(kind, "retryable") else "",
            str(statuses.status_of_kind(kind)),
            first_sentence(kind),
        )
        for kind in _kinds()
    ]
    own = [
        (code(name), code(kind), code(sent) if sent else "", str(statuses.BY_CODE.get(name, "")), message)
        for name, kind, sent, message in codes()
    ]
    outcomes = [
        (f"{one.status} / {one.code}", code(one.operation), one.en, one.next_en)
        for one in registration_outcomes()
    ]
    return "\n\n".join(
        [
            "# Errors",
            NOTE,
            "A call that fails answers with one object, the same on every face: `ok: false`, `code`, `message`, "
            "`problems` (field, what is wrong, what is allowed), `sent`, `next` and `retryable`. The command line turns it "
            "into an [exit code](#exit-codes), the HTTP server into a [status](#http-statuses).",
            "Where a name may mean several things, or none exactly, the code is `ambiguous`, and `candidates` lists what to "
            "choose from: the `field`, names, codes and numbers, and the id under the parameter that takes it.",
            "`sent` says what reached InvoiceXpress: `nothing`; a request that was `refused`; one that was `stored`; or "
            "`unknown`, when no answer came, and somebody must look before repeating it.",
            "## Kinds",
            fenced("text", (errors.__doc__ or "").split("\n\n", 1)[1].strip()),
            table(("Kind", "Code", "Sent", "Retry as it is", "HTTP", "Meaning"), kinds),
            "## Codes of their own",
            "Where a kind has more to say than its name, the code is one of these; `…` is filled in. A code without a status of "
            "its own has that of its kind, or does not occur over HTTP.",
            table(("Code", "Kind", "Sent", "HTTP", "Message"), own),
            "## Registering a series",
            "What the codes of InvoiceXpress mean, by HTTP status and code.",
            table(("Status / code", "Operation", "Meaning", "What to do"), outcomes),
            "## HTTP statuses",
            table(("Status", "Meaning"), [(str(one), said) for one, said in statuses.MEANINGS.items()]),
            "## Exit codes",
            exit_codes(),
        ]
    )


def exit_codes() -> str:
    """The exit codes, for the README too."""
    return table(("Code", "Meaning"), [(str(int(one)), said) for one, said in exits.MEANINGS.items()])
