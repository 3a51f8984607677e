"""The reference, written from the code it describes: `python -m ix_tools.faces.reference write` (or `check`).

docs/reference.md    every operation: parameters, worked example, result, rules
docs/errors.md       every way a call can fail, by kind and by code
README.md            the tables between `<!-- generated: name -->` and `<!-- end: name -->`
"""

import ast
import inspect
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from ix_tools import errors, exits
from ix_tools.fiscal.series_codes import registration_outcomes
from ix_tools.operation import Effect, Operation
from ix_tools.operations.catalogue import catalogue
from ix_tools.schema import description, input_schema, source
from ix_tools.settings import Settings
from ix_tools.vocabulary import Record

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent
NOTE = "<!-- Written by `make docs` from the code; change it there. -->"
APPROVED = {True: "a person, every call", False: "–"}
EFFECTS = {
    Effect.LOCAL: "answered on this machine; nothing is sent",
    Effect.READS: "reads",
    Effect.DRAFTS: "makes or changes a draft, which can still be changed or deleted",
    Effect.FISCAL: "irreversible: reaches the tax authority's books",
    Effect.OUTBOUND: "irreversible: leaves for a third party",
}
Row = Sequence[str]


# --- markdown --------------------------------------------------------------------------------------------


def table(headings: Row, rows: Iterable[Row]) -> str:
    """A table; whatever stands in a cell stays in it."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """As code."""
    return f"`{text}`"


def fenced(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"


# --- one operation ---------------------------------------------------------------------------------------


def operation(one: type[Operation[Any]]) -> str:
    """An operation, whole."""
    spec, schema = one.spec, input_schema(one)
    facts = [
        f"Effect: {EFFECTS[spec.effect]}",
        f"Approved by: {APPROVED[spec.effect.gated] if spec.effect.gated else 'nobody needed'}",
        f"Calling it twice: {'leaves what one call leaves' if spec.idempotent else 'happens twice'}",
        f"Source: {source(one)}",
    ]
    parts = [
        f"## {spec.name}",
        f"**{spec.title}.** {description(one)}",
        "\n".join(f"- {fact}" for fact in facts),
        parameters(schema),
        "Example, as a tool's arguments and as a command:",
        fenced("json", json.dumps(spec.example, ensure_ascii=False, indent=2)),
        fenced("sh", command(spec.name, spec.example, schema)),
        f"Result: {_result(one.result_type())}",
    ]
    if spec.guards:
        parts += ["Rules:", "\n".join(f"- {code(guard.__name__)}: {_first(guard)}" for guard in spec.guards)]
    return "\n\n".join(parts)


def parameters(schema: Mapping[str, Any]) -> str:
    """What a caller may send, the fields of objects included."""
    rows = list(_parameters(schema, ""))
    return table(("Parameter", "Type", "Required", "Meaning"), rows) if rows else "No parameters."


def _parameters(schema: Mapping[str, Any], before: str) -> Iterator[Row]:
    required = set(schema.get("required", ()))
    for name, one in schema["properties"].items():
        said = one.get("description", "")
        if "default" in one:
            said = f"{said} Default: {code(json.dumps(one['default']))}."
        yield code(before + name), _type(one), "yes" if name in required else "", said
        if "properties" in one:
            yield from _parameters(one, f"{before}{name}.")
        elif "properties" in one.get("items", {}):
            yield from _parameters(one["items"], f"{before}{name}[].")


def _type(one: Mapping[str, Any]) -> str:
    if "enum" in one:
        return ", ".join(code(str(word)) for word in one["enum"])
    if one.get("type") == "array":
        return f"list of {_type(one['items'])}"
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    said = [f"{sign} {one[key]}" for key, sign in limits.items() if key in one]
    return " ".join([str(one.get("format") or one.get("type", "any")), *said])


def _result(record: type[BaseModel]) -> str:
    shown = ", ".join(
        f"{code(name)} ({_kind(info.annotation)})" for name, info in record.model_fields.items()
    )
    return f"{shown}; and {code('ok')}, {code('warnings')}, {code('next')} as everywhere."


def _kind(annotation: Any) -> str:
    record = _record(annotation)
    if record is not None:
        link = f"[{record.__name__}](#{record.__name__.lower()})"
        return f"list of {link}" if "list[" in str(annotation) else link
    if "dict" in str(annotation):
        return "object"
    words = {"int": "number", "str": "text", "bool": "yes or no", "Decimal": "amount", "date": "date"}
    names = re.findall(r"\b(?:int|str|bool|Decimal|date)\b", str(annotation))
    if "Literal" in str(annotation):
        return " or ".join(code(word) for word in get_args(annotation))
    return words[names[0]] if names else "object"


def _record(annotation: Any) -> type[Record] | None:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    return next((found for one in get_args(annotation) if (found := _record(one)) is not None), None)


def records() -> list[type[Record]]:
    """Every record that results hold, in the order they are met."""
    found: dict[type[Record], None] = {}

    def meet(record: type[BaseModel]) -> None:
        for info in record.model_fields.values():
            inner = _record(info.annotation)
            if inner is not None and inner not in found:
                found[inner] = None
                meet(inner)

    for one in catalogue().values():
        meet(one.result_type())
    return list(found)


def _of_record(record: type[Record]) -> str:
    rows = [
        (code(name), _kind(info.annotation), info.description or "")
        for name, info in record.model_fields.items()
    ]
    return "\n\n".join([f"### {record.__name__}", _first(record), table(("Field", "Type", "Meaning"), rows)])


def _first(thing: Any) -> str:
    """The first sentence about it; the traps it names become links."""
    text = (inspect.getdoc(thing) or "").split("\n", 1)[0].strip()
    return re.sub(r"\btrap \d+[a-z]?", r"[\g<0>](traps.md#the-traps)", text)


def command(name: str, call: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A call as it is typed; the command line's own tests read it back."""
    words = [f"ix-tools {name.replace('_', '-')}"]
    for flag, value in _options(call, schema):
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
        else:
            words.append(f"{flag} {shlex.quote(_pairs(value) if isinstance(value, Mapping) else str(value))}")
    return " \\\n  ".join(words) if len(words) > 2 else " ".join(words)


def _options(call: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in call.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping):
            yield from ((f"{flag}.{field.replace('_', '-')}", inner) for field, inner in value.items())
        else:
            yield from ((flag, one) for one in (value if isinstance(value, list | tuple) else [value]))


def _pairs(value: Mapping[str, Any]) -> str:
    if any(isinstance(one, Mapping | list) or "," in str(one) for one in value.values()):
        return json.dumps(value, ensure_ascii=False)
    return ",".join(f"{name}={one}" for name, one in value.items())


# --- errors ----------------------------------------------------------------------------------------------


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
        if where.parts[0] in {"sandbox", "errors.py"} or where.name == "reference.py":
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
            _first(kind),
        )
        for kind in _kinds()
    ]
    own = [
        (code(name), code(kind), code(sent) if sent else "", message) for name, kind, sent, message in codes()
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
            "into an [exit code](#exit-codes).",
            "`sent` says what reached InvoiceXpress: `nothing`; a request that was `refused`; one that was `stored`; or "
            "`unknown`, when no answer came, and somebody must look before repeating it.",
            "## Kinds",
            fenced("text", (errors.__doc__ or "").split("\n\n", 1)[1].strip()),
            table(("Kind", "Code", "Sent", "Retry as it is", "Meaning"), kinds),
            "## Codes of their own",
            "Where a kind has more to say than its name, the code is one of these; `…` is filled in.",
            table(("Code", "Kind", "Sent", "Message"), own),
            "## Registering a series",
            "What the codes of InvoiceXpress mean, by HTTP status and code.",
            table(("Status / code", "Operation", "Meaning", "What to do"), outcomes),
            "## Exit codes",
            exit_codes(),
        ]
    )


# --- pages -----------------------------------------------------------------------------------------------


def reference_page() -> str:
    """docs/reference.md."""
    operations = catalogue().values()
    index = [
        (f"[{one.spec.name}](#{one.spec.name})", one.spec.title, APPROVED[one.spec.effect.gated])
        for one in operations
    ]
    return "\n\n".join(
        [
            "# Reference",
            NOTE,
            "Every operation is a tool over MCP, a command of `ix-tools` and a function in "
            "[tool_schemas/](../tool_schemas). Parameters are the same everywhere. What InvoiceXpress changes without saying "
            "so, and which rule meets it: [Traps](traps.md).",
            table(("Operation", "What it does", "Approved by"), index),
            *(operation(one) for one in operations),
            "## Records",
            "What results hold. A field that InvoiceXpress leaves empty is left out. Amounts are text with two decimals, "
            "dates are 2026-11-30.",
            *(_of_record(record) for record in records()),
        ]
    )


def tools() -> str:
    """The tools, for the README."""
    rows = [
        (
            f"[{one.spec.name}](docs/reference.md#{one.spec.name})",
            description(one).split(". ")[0].rstrip(".") + ".",
            APPROVED[one.spec.effect.gated],
        )
        for one in catalogue().values()
    ]
    return table(("Tool", "What it does", "Approved by"), rows)


def settings() -> str:
    """The settings, for the README."""
    rows = []
    for name, info in Settings.model_fields.items():
        if name != "sandbox":
            default = info.get_default()
            shown = "" if default is None or name == "api_key" or default in ("", ()) else code(str(default))
            words = [str(word) for word in get_args(info.annotation) if isinstance(word, str)]
            among = f" ({', '.join(words)})" if words else ""
            rows.append((code(f"INVOICEXPRESS_{name.upper()}"), shown, f"{info.description or ''}{among}"))
    return table(("Setting", "Default", "Meaning"), rows)


def exit_codes() -> str:
    """The exit codes, for the README."""
    return table(("Code", "Meaning"), [(str(int(one)), said) for one, said in exits.MEANINGS.items()])


BLOCKS: Mapping[str, Callable[[], str]] = {"tools": tools, "settings": settings, "exit-codes": exit_codes}


def filled(text: str) -> str:
    """A page with its generated parts as they should be."""

    def block(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- generated: {name} -->\n{BLOCKS[name]()}\n<!-- end: {name} -->"

    return re.sub(r"<!-- generated: ([a-z-]+) -->\n.*?<!-- end: \1 -->", block, text, flags=re.DOTALL)


def contents(root: Path = ROOT) -> dict[Path, str]:
    """Every file and what it must contain."""
    readme = root / "README.md"
    return {
        root / "docs" / "reference.md": reference_page() + "\n",
        root / "docs" / "errors.md": errors_page() + "\n",
        readme: filled(readme.read_text(encoding="utf-8")),
    }


def main(argv: Sequence[str]) -> int:
    """Write what is stale, or say what is."""
    if list(argv) not in (["write"], ["check"]):
        print("python -m ix_tools.faces.reference write|check", file=sys.stderr)
        return 2
    stale = [
        (path, text)
        for path, text in contents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if argv[0] == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        print(f"{'written' if argv[0] == 'write' else 'stale'}: {path.relative_to(ROOT)}")
    if stale and argv[0] == "check":
        print("make docs writes them again")
    return 1 if stale and argv[0] == "check" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
