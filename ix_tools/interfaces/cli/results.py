"""Print a result: JSON exactly as the pipeline returns it, or tables for a person."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, get_args

import click

from ix_tools.domain.records import Document, Sequence
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.messages import message, message_template
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.operation_rows import describe_operations
from ix_tools.interfaces.cli.options import build_words, find_flag, list_slots
from ix_tools.interfaces.cli.record_fields import find_record
from ix_tools.interfaces.cli.value_formats import format_value
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.schemas.json_schema import build_input_schema
from ix_tools.text.sanitize import sanitize_line

HIDDEN_FIELDS = frozenset({"ok", "warnings", "next", "sandbox", "undo"})
WAITING = message("A person must approve first. Nothing was sent.")
BEGUN = message("A person must approve first. What was done so far is below; nothing else was sent.")
HOW = message_template("In a terminal, before {until} (Lisbon time); then repeat this command:")
NOTHING = message("There is nothing.")
UNDO = message("To correct it")


def print_result(run: Invocation, operation: type[Operation[Any]], body: Mapping[str, Any]) -> None:
    """Print the result on standard output."""
    if run.wants_json:
        console.print_json(body)
    elif body.get("status") == "approval_required":
        _print_pending(run, body)
    else:
        _print_report(run, operation, body)


def _print_pending(run: Invocation, body: Mapping[str, Any]) -> None:
    approval = body["approval"]
    begun = body["sent"] != "nothing"
    console.print_out(click.style(run.translate(BEGUN if begun else WAITING), fg="yellow", bold=True) + "\n")
    console.print_out(console.wrap_text(str(body["preview"])) + "\n")
    console.print_out(run.translate(HOW.fill(until=approval["expires_at"][11:16])))
    console.print_out(click.style(f"  {approval['command']}", bold=True))
    for step in body.get("steps", ()):
        about = f" ({sanitize_line(step['about'])})" if step.get("about") else ""
        name, state = (format_value(field, step[field], run.language) for field in ("step", "state"))
        console.print_out(f"  {name}: {state}{about}")


def _print_report(run: Invocation, operation: type[Operation[Any]], body: Mapping[str, Any]) -> None:
    from ix_tools.interfaces.cli.tables import Report

    report = Report(run.language)
    if body.get("sandbox"):
        report.add_note(run.translate(LABELS["sandbox"]))
    kinds = {name: info.annotation for name, info in operation.result_type().model_fields.items()}
    plain: dict[str, Any] = {}
    for name, value in describe_operations(body, run.language).items():
        if name in HIDDEN_FIELDS or (name == "to_pay" and "document" in body):
            continue
        if _contains_record(kinds.get(name), Document) and isinstance(value, Mapping):
            report.add_document(Document.model_validate(value), _parse_amount(body.get("to_pay")))
        elif _contains_record(kinds.get(name), Sequence):
            for one in value if isinstance(value, list) else [value]:
                report.add_series(Sequence.model_validate(one))
        elif name == "columns":
            continue
        elif name == "rows" and "columns" in body:
            rows = [dict(zip(body["columns"], row, strict=True)) for row in value]
            report.add_table(rows, empty=run.translate(NOTHING))
        elif isinstance(value, list) and (not value or isinstance(value[0], Mapping)):
            report.add_table(value, empty=run.translate(NOTHING), record=find_record(kinds.get(name)))
        elif isinstance(value, Mapping):
            report.add_pairs(value, find_record(kinds.get(name)))
        else:
            plain[name] = value
    report.add_pairs(_omit_single_page(plain), operation.result_type())
    if body.get("warnings"):
        schema = build_input_schema(operation)
        report.add_warnings(
            (
                sanitize_line(find_flag(one["field"], schema)),
                sanitize_line(one.get("for_person", one["problem"])),
            )
            for one in body["warnings"]
        )
    undo = body.get("undo", {})
    report.add_pairs({name: value for name, value in undo.items() if name != "calls"})
    report.add_steps(run.translate(UNDO), _list_steps(run, undo.get("calls", ())))
    report.add_steps(run.translate(console.NEXT), _list_steps(run, body.get("next", ())))
    console.print_out(report.render())


def _list_steps(run: Invocation, steps: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(_format_step(run, step), sanitize_line(step.get("why", ""))) for step in steps]


def _parse_amount(text: Any) -> Decimal | None:
    return None if text is None else Decimal(str(text))


def _omit_single_page(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the page numbers of a list that fits on one page."""
    single = plain.get("pages") == 1 and plain.get("page") == 1
    return {name: value for name, value in plain.items() if not (single and name in {"page", "pages"})}


def _contains_record(annotation: Any, record: type) -> bool:
    return annotation is record or any(_contains_record(part, record) for part in get_args(annotation))


def _format_step(run: Invocation, step: Mapping[str, Any]) -> str:
    """Format a next step as a command to type; unknown values appear as placeholders (`--email EMAIL`)."""
    schema = build_input_schema(catalogue()[step["tool"]])
    given = step.get("arguments", {})
    words = build_words(given, schema)
    open_ = [
        f"{slot.flag} {slot.metavar}"
        for slot in list_slots(schema)
        if slot.required and slot.path[0] in schema.get("required", ()) and slot.path[0] not in given
    ]
    return " ".join([run.build_command(step["tool"].replace("_", "-"), *words), *open_])
