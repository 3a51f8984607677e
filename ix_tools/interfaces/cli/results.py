"""A result for whoever asked: JSON exactly as the road gives it, or tables and blocks for a person."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

import click

from ix_tools.domain.records import Document, Sequence
from ix_tools.i18n.words import LABELS, Said
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.invocation import Run
from ix_tools.interfaces.cli.options import slots, words_of
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.schemas.json_schema import input_schema
from ix_tools.text.sanitize import visible

ASIDE = frozenset({"ok", "warnings", "next", "sandbox"})
WAITING = Said(
    "Falta a aprovação de uma pessoa. Nada foi enviado.", "A person must approve first. Nothing was sent."
)
BEGUN = Said(
    "Falta a aprovação de uma pessoa. O que se fez até aqui está no fim; mais nada foi enviado.",
    "A person must approve first. What was done so far is below; nothing else was sent.",
)
HOW = Said(
    "Num terminal, até às {until} (hora de Lisboa); depois repita este comando:",
    "In a terminal, before {until} (Lisbon time); then repeat this command:",
)
NOTHING = Said("Não há nada.", "There is nothing.")


def show(run: Run, operation: type[Operation[Any]], body: Mapping[str, Any]) -> None:
    """The result on standard output."""
    if run.json:
        console.emit(body)
    elif body.get("status") == "approval_required":
        _waiting(run, body)
    else:
        _text(run, operation, body)


def _waiting(run: Run, body: Mapping[str, Any]) -> None:
    approval = body["approval"]
    begun = body["sent"] != "nothing"
    console.print_out(click.style(run.said(BEGUN if begun else WAITING), fg="yellow", bold=True) + "\n")
    console.print_out(console.wrapped(str(body["preview"])) + "\n")
    console.print_out(run.said(HOW).format(until=approval["expires_at"][11:16]))
    console.print_out(click.style(f"  {approval['command']}", bold=True))
    for step in body.get("steps", ()):
        about = f" ({visible(step['about'])})" if step.get("about") else ""
        console.print_out(f"  {step['step']}: {step['state']}{about}")


def _text(run: Run, operation: type[Operation[Any]], body: Mapping[str, Any]) -> None:
    from ix_tools.interfaces.cli.tables import Blocks

    blocks = Blocks(run.language)
    if body.get("sandbox"):
        blocks.note(run.said(LABELS["sandbox"]))
    kinds = {name: info.annotation for name, info in operation.result_type().model_fields.items()}
    plain: dict[str, Any] = {}
    for name, value in body.items():
        if name in ASIDE or (name == "to_pay" and "document" in body):
            continue
        if _holds(kinds.get(name), Document) and isinstance(value, Mapping):
            blocks.document(Document.model_validate(value), _amount(body.get("to_pay")))
        elif _holds(kinds.get(name), Sequence):
            for one in value if isinstance(value, list) else [value]:
                blocks.series(Sequence.model_validate(one))
        elif name == "columns":
            continue
        elif name == "rows" and "columns" in body:
            rows = [dict(zip(body["columns"], row, strict=True)) for row in value]
            blocks.table(rows, empty=run.said(NOTHING))
        elif isinstance(value, list) and (not value or isinstance(value[0], Mapping)):
            blocks.table(value, empty=run.said(NOTHING))
        elif isinstance(value, Mapping):
            blocks.pairs(value)
        else:
            plain[name] = value
    blocks.pairs(_worth_saying(plain))
    if body.get("warnings"):
        blocks.warnings((visible(one["field"]), visible(one["problem"])) for one in body["warnings"])
    steps = [(_typed(run, step), visible(step.get("why", ""))) for step in body.get("next", ())]
    blocks.steps(run.said(console.NEXT), steps)
    console.print_out(blocks.text())


def _amount(text: Any) -> Decimal | None:
    return None if text is None else Decimal(str(text))


def _worth_saying(plain: Mapping[str, Any]) -> dict[str, Any]:
    """A list that fits on one page needs no word about pages."""
    single = plain.get("pages") == 1 and plain.get("page") == 1
    return {name: value for name, value in plain.items() if not (single and name in {"page", "pages"})}


def _holds(annotation: Any, record: type) -> bool:
    return annotation is record or any(_holds(part, record) for part in get_args(annotation))


def _typed(run: Run, step: Mapping[str, Any]) -> str:
    """A next step as a command to type; what only the person knows stands there as what it is (`--email EMAIL`)."""
    schema = input_schema(catalogue()[step["tool"]])
    given = step.get("arguments", {})
    words = words_of(given, schema)
    open_ = [
        f"{slot.flag} {slot.metavar}" for slot in slots(schema) if slot.required and slot.path[0] not in given
    ]
    return " ".join([run.command(step["tool"].replace("_", "-"), *words), *open_])
