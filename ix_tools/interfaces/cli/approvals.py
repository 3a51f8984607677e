"""`ix-tools approvals`: list, show and decide approval requests in a terminal.

To approve, a person at a terminal reads the text and types the approval's id; piped input does not count.
"""

from typing import Any

import click

from ix_tools.approvals.links import ApprovalLinks
from ix_tools.approvals.pins import Pins
from ix_tools.approvals.refusals import REPEAT_CALL
from ix_tools.approvals.repository import Approval
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.approvals.text import format_for_reader
from ix_tools.error_codes import Exit
from ix_tools.errors import ApprovalRefused
from ix_tools.i18n import formats
from ix_tools.i18n.messages import Message, message, message_template
from ix_tools.i18n.state_names import name_approval_state
from ix_tools.interfaces.cli import console, prompt
from ix_tools.interfaces.cli import pending_approvals as views
from ix_tools.interfaces.cli.command_options import SETTINGS, subcommand
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.repositories import load_same_people, open_approvals, open_companies, open_store

NONE = message("Nothing waits for approval.")
APPROVED = message_template(
    "{id} approved. Repeat the same call now; the approval is good once, until {until} (Lisbon time)."
)
PARKED = message_template(
    "{id} approved. The request is carried out by itself now, if a server runs; otherwise `{command}` does so, or repeat it, until "
    "{until} (Lisbon time)."
)
STILL_NEEDS = message_template(
    "You approved {id}. It still needs {missing} more: another person approves, too."
)
REJECTED = message_template("{id} rejected. Nothing was sent.")
HOW = message("To decide")
CHANNELS = {
    "form": message("in the form of the program that asked"),
    "terminal": message("in a terminal"),
    "page": message("on its page, or in a terminal"),
    "policy": message("by the policy, without a person"),
}
LINK = message_template(
    "Whoever has this link can decide{and_pin}. It is for {id}, until {until} (Lisbon time)."
)
AND_PIN = message(", with the PIN")
OLD_PIN = message("Present PIN: ")
PIN = message("New PIN: ")
PIN_AGAIN = message("Once more: ")
PIN_SET = message_template("The pages of {principal}'s approvals ask for this PIN now.")
PIN_REMOVED = message_template("The pages of {principal}'s approvals ask for no PIN any more.")
PIN_OF_ANOTHER = message_template(
    "{by} set this PIN: where the policy asks who approves, an approval with this PIN counts as both people's, until "
    "{principal} sets it, signed in to this machine as themselves."
)


@click.group("approvals", context_settings=SETTINGS)
def command() -> None:
    """Decide the requests that wait for a person."""


@subcommand(command, "list")
def list_(run: Invocation) -> None:
    """List the requests that wait for a person."""
    with open_approvals(run, run.settings) as kept, open_companies(run.settings) as known:
        waiting = kept.list_waiting()
        owners = {one.account: views.describe_owner(one.account, known) for one in waiting}
    if run.wants_json:
        rows = [views.as_dict(one, owners[one.account], run.language, run.clock()) for one in waiting]
        console.print_json({"ok": True, "approvals": rows})
        return
    from ix_tools.interfaces.cli.tables import Report

    report = Report(run.language)
    several = len(owners) > 1 or run.settings.has_several_accounts
    if waiting:
        report.add_entries(
            (one.id, views.summarize(one, owners[one.account], run.language, several=several))
            for one in waiting
        )
    else:
        report.add_note(run.translate(NONE))
    if waiting:
        steps = [
            (run.build_command("approvals", "show", "ID"), ""),
            (run.build_command("approvals", "approve", "ID"), ""),
        ]
        report.add_steps(run.translate(HOW), steps)
    console.print_out(report.render())


@subcommand(command, "show")
@click.argument("identifier", metavar="ID")
def show(run: Invocation, identifier: str) -> None:
    """Show a request in full, and its state."""
    with open_approvals(run, run.settings) as kept:
        found = kept.find(identifier)
    row = _as_dict(found, run)
    text = format_for_reader(found, run.language)
    if run.wants_json:
        console.print_json({"ok": True, "approval": row, "text": text})
        return
    from ix_tools.interfaces.cli.tables import Report

    if text:
        console.print_out(console.wrap_text(text) + "\n")
    report = Report(run.language)
    until = formats.format_timestamp(found.expires_at)
    report.add_pairs({**row, "channel": run.translate(CHANNELS[found.channel]), "expires_at": until})
    console.print_out(report.render())


@subcommand(command, "approve")
@click.argument("identifier", metavar="ID")
@click.option(
    "--accept-differences",
    is_flag=True,
    help="Approve although the stored document differs from what was asked.",
)
def approve(run: Invocation, identifier: str, accept_differences: bool) -> int:
    """Approve one request. Only at a terminal: you type the id after reading the text."""
    with open_approvals(run, run.settings) as kept:
        found = kept.find(identifier)
        itself = run.build_command("approvals", "approve", found.id)
        prompt.require_person(message("approves"), message("type `{command}` in a terminal", command=itself))
        choice = prompt.ask_choice(run, found) if found.parts and _can_decide_here(found, run) else None
        if not found.parts and _can_decide_here(found, run) and (accept_differences or not found.differs):
            prompt.print_approval(run, found)
            reject_command = run.build_command("approvals", "reject", found.id)
            prompt.require_typed(
                run,
                prompt.TYPE_ID,
                found.id,
                message("{id} was not approved; it still waits.", id=found.id),
                message("`{command}` rejects it and tells the requester", command=reject_command),
            )
        # The repository refuses if the request is not pending any more.
        by = prompt.identify_user()
        decided = (
            kept.approve_many(found.id, choice, by=by)
            if choice is not None
            else kept.decide(found.id, approve=True, accept_differences=accept_differences, by=by)
        )
        so_far = kept.load_approvers(found.id)
        is_parked = kept.is_parked(found.id)
    if decided.state == "pending":
        missing = ApprovalRequirement.from_json(decided.terms).people - len(so_far)
        return _print_decision(run, decided, run.translate(STILL_NEEDS.fill(id=decided.id, missing=missing)))
    until = formats.format_timestamp(decided.expires_at)[-5:]
    text = (
        PARKED.fill(id=decided.id, until=until, command=run.build_command("approvals", "run"))
        if is_parked
        else APPROVED.fill(id=decided.id, until=until)
    )
    return _print_decision(run, decided, run.translate(text))


@subcommand(command, "reject")
@click.argument("identifier", metavar="ID")
@click.option("--reason", default="", help="The reason, which the requester gets.")
def reject(run: Invocation, identifier: str, reason: str) -> int:
    """Reject one request. The requester gets the reason once; the same call repeated after that asks again."""
    with open_approvals(run, run.settings) as kept:
        decided = kept.decide(identifier, approve=False, reason=reason, by=prompt.identify_user())
    return _print_decision(run, decided, run.translate(REJECTED.fill(id=decided.id)))


@subcommand(command, "run")
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
def run_(run: Invocation, follow: bool) -> int:
    """Carry out the approved calls that this user made with --when-approved run, and print how each one ended."""
    from ix_tools.interfaces.cli.parked_calls import carry_out_approved

    return carry_out_approved(run, follow=follow)


@subcommand(command, "link")
@click.argument("identifier", metavar="ID")
@click.option(
    "--to",
    "person",
    default="",
    help="The person whom the link is for: the page asks for their PIN and records their decision.",
)
def link(run: Invocation, identifier: str, person: str) -> int:
    """Print a new link to the page of one request, for a browser, an e-mail or a chat."""
    with open_approvals(run, run.settings) as kept, open_store(run.settings) as opened:
        found, links = kept.find(identifier), ApprovalLinks(opened, run.clock)
        guarded = links.pins.has_pin(person or found.principal)
        if not guarded and not person and not prompt.is_interactive():
            # Without a PIN the link alone decides, so only a person who could decide here gets it.
            raise ApprovalRefused(
                message(
                    "Without a PIN, whoever has the link can approve; so only a person at a terminal gets it."
                ),
                code="no_person",
                next=message(
                    "type `{command}` in a terminal, or set a PIN first: `{pin_command}`",
                    command=run.build_command("approvals", "link", found.id),
                    pin_command=run.build_command("approvals", "pin"),
                ),
            )
        if not _is_pending(found, run):
            state = _as_dict(found, run)["state"]
            raise ApprovalRefused(
                message(
                    "{id} cannot be decided any more: it is {state}.",
                    id=found.id,
                    state=name_approval_state(state),
                ),
                code="approval_not_pending",
                next=REPEAT_CALL,
            )
        url = links.create(found, "message", person)
        set_by = links.pins.find_setter(person or found.principal)
    until = formats.format_timestamp(found.expires_at)[-5:]
    if run.wants_json:
        console.print_json({"ok": True, "url": url, "pin": guarded, "approval": _as_dict(found, run)})
        return Exit.OK
    console.print_out(url)
    console.print_note(
        run.translate(LINK.fill(id=found.id, until=until, and_pin=run.translate(AND_PIN) * guarded))
    )
    if person and set_by is not None and not Pins.is_own(person, set_by, load_same_people(run)):
        console.print_note(run.translate(PIN_OF_ANOTHER.fill(principal=person, by=set_by or "?")))
    return Exit.OK


@subcommand(command, "pin")
@click.option("--principal", help="Whose approvals; default: those of the setting principal.")
@click.option("--remove", is_flag=True, help="Remove the PIN.")
def pin(run: Invocation, principal: str | None, remove: bool) -> int:
    """Set a PIN that approval pages ask for, so that a link alone approves nothing."""
    whose = principal or run.settings.principal
    prompt.require_person(message("sets a PIN"), message("type the command in a terminal"))
    with open_store(run.settings) as opened:
        pins, by, same = Pins(opened), prompt.identify_user(), load_same_people(run)
        own = pins.is_own(whose, by, same)
        old = None if own or not pins.has_pin(whose) else _prompt_hidden(run, OLD_PIN)
        pins.set(whose, None if remove else _prompt_new_pin(run), by=by, same=same, old=old)
    if run.wants_json:
        console.print_json({"ok": True, "principal": whose, "pin": not remove, "set_by": by})
        return Exit.OK
    console.print_out(run.translate((PIN_REMOVED if remove else PIN_SET).fill(principal=whose)))
    if not remove and not own:
        console.print_note(run.translate(PIN_OF_ANOTHER.fill(principal=whose, by=by)))
    return Exit.OK


def _prompt_hidden(run: Invocation, question: Message) -> str:
    return str(click.prompt(run.translate(question), hide_input=True, err=True, prompt_suffix=""))


def _prompt_new_pin(run: Invocation) -> str:
    first, second = _prompt_hidden(run, PIN), _prompt_hidden(run, PIN_AGAIN)
    if first != second:
        raise ApprovalRefused(
            message("The two PINs differ; nothing was changed."),
            code="pin_mistyped",
            next=message("try again"),
        )
    return first


def _print_decision(run: Invocation, decided: Approval, text: str) -> int:
    if run.wants_json:
        console.print_json({"ok": True, "approval": _as_dict(decided, run)})
    else:
        console.print_out(text)
    return Exit.OK


def _can_decide_here(found: Approval, run: Invocation) -> bool:
    return _is_pending(found, run) and found.channel != "form"


def _is_pending(found: Approval, run: Invocation) -> bool:
    return found.state == "pending" and found.expires_at > run.clock()


def _as_dict(found: Approval, run: Invocation) -> dict[str, Any]:
    with open_companies(run.settings) as known:
        owner = views.describe_owner(found.account, known)
    return views.as_dict(found, owner, run.language, run.clock())
