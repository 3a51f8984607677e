"""`ix-tools webhooks`: register addresses that are told of events, and see what was delivered to them."""

from typing import Any

import click

from ix_tools.api_client.client import account_name
from ix_tools.events.models import EVENT_TYPES
from ix_tools.i18n.messages import message, message_template
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import WordChoice
from ix_tools.interfaces.cli.output import print_rows
from ix_tools.interfaces.cli.repositories import open_store
from ix_tools.webhooks.addresses import check_target, parse_target, read_networks
from ix_tools.webhooks.deliveries import Deliveries
from ix_tools.webhooks.endpoints import Endpoint, Endpoints

NONE = message("No address is registered.")
NO_DELIVERIES = message("Nothing was sent yet.")
SECRET = message_template("Secret, shown this once: {secret}")
REMOVED = message_template("{id} was removed.")
AGAIN = message_template("{id} is sent again.")
ENABLED = message_template("{id} receives events again.")
COLUMNS = ("id", "state", "url", "events", "callers")
DELIVERY_COLUMNS = ("id", "type", "state", "attempts", "status", "problem", "created_at")


@click.group("webhooks", context_settings=SETTINGS)
def command() -> None:
    """Send events to addresses of your own: signed, in order, and again for three days."""


@subcommand(command, "add")
@click.argument("url", metavar="URL")
@click.option(
    "events",
    "--event",
    type=WordChoice(EVENT_TYPES),
    multiple=True,
    help="Only events of this type; may be repeated.",
)
@click.option("--all-callers", is_flag=True, help="Also the events of other callers in the account.")
def add(run: Invocation, url: str, events: tuple[str, ...], all_callers: bool) -> None:
    """Register an address for the events of the account, and print its secret once. `ix-tools serve --http` sends them."""
    check_target(parse_target(url), read_networks(run.settings.webhook_networks))
    with open_store(run.settings) as opened:
        made = Endpoints(opened).add(
            run.settings.principal, account_name(run.settings), url, events, all_callers=all_callers
        )
    _print_with_secret(run, made)


@subcommand(command, "list")
def list_(run: Invocation) -> None:
    """List the registered addresses of all callers."""
    with open_store(run.settings) as opened:
        found = Endpoints(opened).list_of()
    rows: list[dict[str, Any]] = [{**one.as_dict(), "caller": one.principal} for one in found]
    if not run.wants_json:
        rows = [{**one, "events": " ".join(one["events"])} for one in rows]
    print_rows(run, "webhooks", rows, empty=run.translate(NONE), columns=COLUMNS)


@subcommand(command, "remove")
@click.argument("identifier", metavar="ID")
def remove(run: Invocation, identifier: str) -> None:
    """Remove an address; deliveries that still wait are deleted."""
    with open_store(run.settings) as opened:
        endpoints = Endpoints(opened)
        endpoints.remove(endpoints.find(identifier))
    _print_done(run, {"id": identifier, "state": "removed"}, run.translate(REMOVED.fill(id=identifier)))


@subcommand(command, "rotate")
@click.argument("identifier", metavar="ID")
def rotate(run: Invocation, identifier: str) -> None:
    """Print a new secret once; the old one signs beside it for a day."""
    with open_store(run.settings) as opened:
        endpoints = Endpoints(opened)
        made = endpoints.rotate(endpoints.find(identifier))
    _print_with_secret(run, made)


@subcommand(command, "enable")
@click.argument("identifier", metavar="ID")
def enable(run: Invocation, identifier: str) -> None:
    """Enable an address that was disabled; it receives events again."""
    with open_store(run.settings) as opened:
        endpoints = Endpoints(opened)
        endpoints.enable(endpoints.find(identifier))
    _print_done(run, {"id": identifier, "state": "active"}, run.translate(ENABLED.fill(id=identifier)))


@subcommand(command, "deliveries")
@click.argument("identifier", metavar="ID")
def deliveries(run: Invocation, identifier: str) -> None:
    """List the newest deliveries to an address."""
    with open_store(run.settings) as opened:
        found = Deliveries(opened).list_of(Endpoints(opened).find(identifier))
    rows = [one.as_dict() for one in found]
    print_rows(run, "deliveries", rows, empty=run.translate(NO_DELIVERIES), columns=DELIVERY_COLUMNS)


@subcommand(command, "replay")
@click.argument("identifier", metavar="ID")
@click.argument("delivery", metavar="DELIVERY")
def replay(run: Invocation, identifier: str, delivery: str) -> None:
    """Send a delivery again, with the same webhook-id."""
    with open_store(run.settings) as opened:
        found = Deliveries(opened).replay(Endpoints(opened).find(identifier), delivery)
    _print_done(run, found.as_dict(), run.translate(AGAIN.fill(id=delivery)))


def _print_with_secret(run: Invocation, made: Endpoint) -> None:
    shown = {**made.as_dict(), "secret": made.secret}
    _print_done(run, shown, f"{made.id}\n{run.translate(SECRET.fill(secret=made.secret))}")


def _print_done(run: Invocation, shown: dict[str, Any], text: str) -> None:
    if run.wants_json:
        console.print_json({"ok": True, "webhook": shown})
    else:
        console.print_out(text)
