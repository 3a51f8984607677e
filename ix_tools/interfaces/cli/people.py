"""`ix-tools people`: add people, or invite them to sign in with a passkey; list, confirm, revoke and remove."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import click

from ix_tools.auth.passkeys import Passkey, Passkeys
from ix_tools.auth.people import INVITATION_SECONDS, ROLES, People, Person, Role
from ix_tools.auth.sessions import Sessions
from ix_tools.config.settings import SANDBOX_ACCOUNT
from ix_tools.error_codes import Exit
from ix_tools.errors import InvalidArguments, Problem
from ix_tools.i18n import formats
from ix_tools.i18n.messages import message, message_template, verbatim
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import WordChoice
from ix_tools.interfaces.cli.output import print_outcome, print_rows
from ix_tools.interfaces.cli.repositories import load_same_people, open_store

NONE = message("Nobody was invited yet.")
ADDED = message_template(
    "{person} may sign in, once [people] of the policy says who that is at the provider: oidc:ISSUER#SUB."
)
INVITED = message_template(
    "For {person}, once, until {until} (Lisbon time). Give it to {person} and to nobody else: whoever opens it first is {person}."
)
SHARED = message_template(
    "Until an older passkey of {person} or another administrator confirms the new one, it counts as {by} too, where the policy "
    "asks who approves."
)
CONFIRMED = message_template("{id} is confirmed: it is {person} alone.")
REVOKED = message_template("{id} is revoked, and its sessions have ended. What it signed stays proved.")
REMOVED = message_template("{person} cannot sign in any more. The name stays in the audit trail.")
SIGNED_OUT = message_template("{person} is signed out everywhere.")
DEFAULT_ADDRESS = "http://localhost:8756"


@dataclass(frozen=True, slots=True)
class Desk:
    """The people of a store, and what belongs to them."""

    people: People
    passkeys: Passkeys
    sessions: Sessions


@click.group("people", context_settings=SETTINGS)
def command() -> None:
    """Invite or add people who sign in, and manage their passkeys."""


@contextmanager
def _open_desk(run: Invocation) -> Iterator[Desk]:
    with open_store(run.settings) as opened:
        yield Desk(People(opened, run.clock), Passkeys(opened, run.clock), Sessions(opened, run.clock))


def access_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add the options that say what a person may do and see."""
    role = click.option(
        "role",
        "--role",
        type=WordChoice(list(ROLES)),
        help="What the person may do: admin also confirms passkeys, reader decides nothing. Default: as before, or approver.",
    )
    accounts = click.option(
        "accounts",
        "--account",
        multiple=True,
        help="An account that the person may see; repeat it for several. Default: as before, or every account.",
    )
    return role(accounts(function))


@subcommand(command, "add")
@click.argument("name")
@access_options
def add(run: Invocation, name: str, role: str | None, accounts: tuple[str, ...]) -> int:
    """Add NAME, who signs in at the OpenID provider, or change what NAME may do. No passkey is needed for it."""
    prompt.require_person(message("adds people"), message("type the same command in a terminal"))
    _check_accounts(run, accounts)
    with _open_desk(run) as desk:
        _ensure_person(desk, name, role, accounts, prompt.identify_user())
        found = desk.people.find(name)
    return print_outcome(run, _describe_person(found, []), run.translate(ADDED.fill(person=found.name)))


@subcommand(command, "invite")
@click.argument("name")
@access_options
@click.option(
    "--server",
    help="Address of the server, such as https://ix.example.pt. Default: public_url, or this machine's.",
)
def invite(
    run: Invocation, name: str, role: str | None, accounts: tuple[str, ...], server: str | None
) -> int:
    """Print a link by which NAME adds a passkey: once, within 15 minutes. NAME is as the policy's [people] has it."""
    prompt.require_person(message("invites people"), message("type the same command in a terminal"))
    by, address = prompt.identify_user(), _choose_server(run, server)
    _check_accounts(run, accounts)
    with _open_desk(run) as desk:
        _ensure_person(desk, name, role, accounts, by)
        secret, invitation = desk.people.invite(name, by)
    link = f"{address}/inbox/invitation/{secret}"
    if run.wants_json:
        body = {"person": name, "url": link, "expires_at": formats.format_rfc3339(invitation.expires_at)}
        console.print_json({"ok": True, "invitation": body})
        return Exit.OK
    console.print_out(link)  # on its own line, so that nothing wraps it
    until = formats.format_timestamp(run.clock() + INVITATION_SECONDS)[-5:]
    console.print_note(run.translate(INVITED.fill(person=name, until=until)))
    console.print_note(run.translate(SHARED.fill(person=name, by=by)))
    return Exit.OK


@subcommand(command, "list")
def list_(run: Invocation) -> None:
    """List people, their role, accounts and passkeys."""
    with _open_desk(run) as desk:
        everyone, keys = desk.people.list_all(), desk.passkeys.list_all()
    rows = [_describe_person(one, [key for key in keys if key.person == one.name]) for one in everyone]
    if not run.wants_json:
        rows = [
            {
                **row,
                "accounts": " ".join(row["accounts"]),
                "passkeys": ", ".join(f"{key['id']} {key['state']}" for key in row["passkeys"]),
            }
            for row in rows
        ]
    print_rows(run, "people", rows, empty=run.translate(NONE))


@subcommand(command, "confirm")
@click.argument("passkey", metavar="PASSKEY")
def confirm(run: Invocation, passkey: str) -> int:
    """Confirm that a passkey belongs to its person alone. Whoever sent the invitation cannot do this."""
    prompt.require_person(message("confirms a passkey"), message("type the same command in a terminal"))
    with _open_desk(run) as desk:
        found = desk.passkeys.confirm_in_terminal(passkey, prompt.identify_user(), load_same_people(run))
    return print_outcome(
        run, _describe_passkey(found), run.translate(CONFIRMED.fill(id=found.id, person=found.person))
    )


@subcommand(command, "revoke")
@click.argument("passkey", metavar="PASSKEY")
def revoke(run: Invocation, passkey: str) -> int:
    """Revoke a passkey now, and end its sessions."""
    with _open_desk(run) as desk:
        found = desk.passkeys.revoke(passkey, prompt.identify_user())
    return print_outcome(run, _describe_passkey(found), run.translate(REVOKED.fill(id=found.id)))


@subcommand(command, "sign-out")
@click.argument("name")
def sign_out(run: Invocation, name: str) -> int:
    """Sign a person out everywhere."""
    with _open_desk(run) as desk:
        found = desk.people.find(name)
        many = desk.sessions.end_all(found.name, prompt.identify_user())
    return print_outcome(
        run, {"person": found.name, "sessions": many}, run.translate(SIGNED_OUT.fill(person=found.name))
    )


@subcommand(command, "remove")
@click.argument("name")
def remove(run: Invocation, name: str) -> int:
    """Remove a person: passkeys, sessions and invitations end now."""
    with _open_desk(run) as desk:
        found = desk.people.remove(name, prompt.identify_user())
    return print_outcome(run, {"person": found.name}, run.translate(REMOVED.fill(person=found.name)))


def _ensure_person(desk: Desk, name: str, role: str | None, accounts: tuple[str, ...], by: str) -> None:
    """Add a person, or change what one may do and see, as far as it is given."""
    known = next((one for one in desk.people.list_all() if one.name == name and one.ended_at is None), None)
    kept: Role = known.role if known else "approver"
    if known is None or role or accounts:
        seen = accounts or (known.accounts if known else ())
        desk.people.add(name, ROLES.get(role or "", kept), seen, by)


def _choose_server(run: Invocation, given: str | None) -> str:
    """Return the address that the link leads to."""
    address = (given or run.settings.public_url or DEFAULT_ADDRESS).rstrip("/")
    parts = urlsplit(address)
    # Browsers use a passkey over HTTPS, and at this name only without it.
    if parts.netloc and not parts.path and (parts.scheme == "https" or parts.hostname == "localhost"):
        return address
    raise InvalidArguments(
        message("People cannot sign in at '{address}'.", address=address),
        problems=[
            Problem(
                "server",
                message("is no such address"),
                verbatim("https://ix.example.pt, http://localhost:8756"),
            )
        ],
        next=message("give the server's address with --server, or set INVOICEXPRESS_PUBLIC_URL"),
    )


def _check_accounts(run: Invocation, named: tuple[str, ...]) -> None:
    allowed = {*run.settings.by_account(), SANDBOX_ACCOUNT}
    unknown = [one for one in named if one not in allowed]
    if unknown:
        raise InvalidArguments(
            message("There is no account {accounts} in the settings.", accounts=", ".join(unknown)),
            problems=[
                Problem("account", message("is not in the settings"), verbatim(", ".join(sorted(allowed))))
            ],
            next=message("repeat the command with --account NAME"),
        )


def _describe_person(one: Person, keys: list[Passkey]) -> dict[str, Any]:
    return {
        "name": one.name,
        "role": one.role,
        "accounts": list(one.accounts),
        "state": "removed" if one.ended_at is not None else "usable",
        "passkeys": [_describe_passkey(key) for key in keys],
    }


def _describe_passkey(one: Passkey) -> dict[str, Any]:
    state = "revoked" if one.revoked_at is not None else "confirmed" if one.confirmed_at else "unconfirmed"
    return {
        "id": one.id,
        "person": one.person,
        "state": state,
        "invited_by": one.invited_by,
        "created_at": formats.format_rfc3339(one.created_at),
    }
