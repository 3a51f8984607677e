"""`ix-tools events`: list what happened, and export it for another program."""

import json
from collections.abc import Callable
from typing import Any

import click

from ix_tools.events.models import EVENT_TYPES, Event
from ix_tools.events.repository import MAX_LIMIT, EventFilter
from ix_tools.i18n import formats
from ix_tools.i18n.messages import message
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import WordChoice
from ix_tools.interfaces.cli.output import print_rows
from ix_tools.interfaces.cli.repositories import open_events
from ix_tools.interfaces.cli.translation import Misuse

NONE = message("Nothing has happened yet.")
MISSED = message("Older events are missing here: they were deleted for their age.")
COLUMNS = ("position", "time", "type", "subject", "operation", "about")


def _wanted_types(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "types",
        "--type",
        type=WordChoice(EVENT_TYPES),
        multiple=True,
        help="Only events of this type; may be repeated.",
    )(command)


@click.group("events", context_settings=SETTINGS)
def command() -> None:
    """List what happened to approvals, calls and documents, and export it."""


@subcommand(command, "list")
@_wanted_types
@click.option("--limit", type=click.IntRange(1, MAX_LIMIT), default=50, help="How many at most; default 50.")
def list_(run: Invocation, types: tuple[str, ...], limit: int) -> None:
    """List the newest events, oldest first."""
    with open_events(run, run.settings) as kept:
        found = kept.list_newest(limit, EventFilter(types=types))
    rows = [one.as_dict() if run.wants_json else _summarize(one) for one in found]
    print_rows(run, "events", rows, empty=run.translate(NONE), columns=COLUMNS)


@subcommand(command, "export")
@_wanted_types
@click.option("--after", type=click.IntRange(0), default=None, help="Only events after this position.")
@click.option(
    "--reader",
    metavar="NAME",
    default=None,
    help="Continue where this reader stopped, and record how far it got.",
)
def export(run: Invocation, types: tuple[str, ...], after: int | None, reader: str | None) -> None:
    """Print events as JSON, one a line.

    With --reader, the position is recorded after the lines were written: what a reader did not get is printed again.
    """
    if reader is not None and after is not None:
        raise Misuse(message("--after and --reader exclude each other."))
    wanted = EventFilter(types=types)
    with open_events(run, run.settings) as kept:
        position = after or 0
        while True:
            batch = (
                kept.read_after(position, MAX_LIMIT, wanted)
                if reader is None
                else kept.read_for(reader, MAX_LIMIT, wanted)
            )
            if batch.has_missed and position == (after or 0):
                console.print_note(run.translate(MISSED))
            lines = [json.dumps(one.as_dict(), ensure_ascii=False) for one in batch.events]
            if lines and not console.print_out("\n".join(lines)):
                return  # the pipe was closed, so nobody got these lines
            position = batch.next
            if reader is not None:
                kept.confirm(reader, position)
            if not batch.has_more:
                return


def _summarize(one: Event) -> dict[str, Any]:
    data = one.data
    document = data.get("document") or {}
    about = data.get("decision") or data.get("state") or data.get("code") or document.get("number") or ""
    shown = one.as_dict()
    return {**shown, "time": formats.format_timestamp(one.at), "about": about}
