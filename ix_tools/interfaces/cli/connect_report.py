"""What `ix-tools connect` prints: the hosts that are found, what would be written, what was done."""

import shlex
from collections.abc import Sequence
from typing import Any

import click

from ix_tools.connect.connecting import Outcome, Plan
from ix_tools.connect.handshake import Proof
from ix_tools.connect.hosts import HOSTS, Host, Machine
from ix_tools.error_codes import Exit
from ix_tools.i18n.messages import Message, message, message_template
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.invocation import Invocation

NONE_FOUND = message_template("No host was found. These can be connected: {hosts}")
FOUND = message("Found on this machine:")
NEXT = message_template("Connect one with: {command}")
TRY_IT = message_template("To try it without an account: {command}")
HOW: dict[str, Message] = {
    "command": message("its own program adds it"),
    "file": message("its file is edited; a copy is kept"),
    "hand": message("you write the entry"),
}
BY_HAND = message_template("Nothing is written here, because {reason}. Put this into {file}:")
WILL_WRITE = message_template("This is added to {file}:")
WILL_RUN = message_template("This is run:\n{commands}")
IS_THERE = message_template("{file} has this entry already:")
KEY_STAYS = message("The API key is not in it: ix-tools keeps it.")
WORKED = message_template("{host} can use ix-tools: it was started as {host} will, and listed {tools} tools.")
WORKED_REMOTELY = message_template("{host} can use ix-tools: the server answered and listed {tools} tools.")
COPY = message_template("What was there before is in {copy}")
NOT_WRITTEN = message_template("Nothing was written, because {reason}. Put this into {file}:")
ASK = message(
    "Then ask it, for example: “Invoice Padaria Central, tax number 508025338, for three hours of consulting at 50 euros, "
    "due in 30 days.” Nothing is issued before you have read and approved it."
)
TOKEN_HINT = message("Before you start the program, set IX_TOOLS_TOKEN to the server's token.")


def print_hosts(run: Invocation, machine: Machine) -> None:
    """Print the hosts of a machine."""
    found = [one for one in HOSTS if one.is_found(machine)]
    if run.wants_json:
        rows = [
            {"host": one.key, "title": one.title, "found": one in found, "file": str(one.locate(machine))}
            for one in HOSTS
        ]
        console.print_json({"ok": True, "hosts": rows})
        return
    if not found:
        names = ", ".join(one.key for one in HOSTS)
        console.print_out(run.translate(NONE_FOUND.fill(hosts=names)))
    else:
        console.print_out(run.translate(FOUND))
        wide = max(len(one.key) for one in found)
        for one in found:
            console.print_out(
                f"  {one.key.ljust(wide)}  {one.title}: {run.translate(HOW[_tell_way(one, machine)])}"
            )
    example = found[0].key if found else HOSTS[0].key
    console.print_out(run.translate(NEXT.fill(command=run.build_command("connect", example))))
    console.print_out(run.translate(TRY_IT.fill(command=run.build_command("connect", example, "--sandbox"))))


def _tell_way(host: Host, machine: Machine) -> str:
    if host.find_program(machine):
        return "command"
    return "file" if host.syntax == "json" else "hand"


def print_plan(run: Invocation, plan: Plan) -> None:
    """Print what would be done, for the person who decides."""
    if run.wants_json:
        return
    say = console.print_note
    if plan.host.before and not plan.is_by_hand:
        say(run.translate(plan.host.before))
    if plan.is_by_hand:
        say(run.translate(BY_HAND.fill(reason=plan.reason, file=str(plan.file))))
    elif plan.is_there:
        say(run.translate(IS_THERE.fill(file=str(plan.file))))
    elif plan.commands:
        lines = "\n".join(f"  {_quote(words)}" for words in plan.commands[-1:])
        say(run.translate(WILL_RUN.fill(commands=lines)))
        return
    else:
        say(run.translate(WILL_WRITE.fill(file=str(plan.file))))
    say(_mask(plan, plan.entry) if not plan.is_by_hand else plan.entry)
    if "INVOICEXPRESS_ACCOUNT" in plan.server.environment:
        say(run.translate(KEY_STAYS))
    if plan.server.token and "IX_TOOLS_TOKEN" in plan.entry:
        say(run.translate(TOKEN_HINT))


def _quote(words: Sequence[str]) -> str:
    return shlex.join(words)


def _mask(plan: Plan, text: str) -> str:
    """Hide a token that is written into a file for the host: the terminal's history is read by others."""
    return text.replace(plan.server.token, "••••") if plan.server.token else text


def print_result(run: Invocation, plan: Plan, outcome: Outcome, proof: Proof) -> int:
    """Print what was done, and return the exit code."""
    if run.wants_json:
        console.print_json({"ok": True, **_build_body(run, plan, outcome, proof)})
        return Exit.OK
    if not outcome.written and not plan.is_by_hand:
        console.print_note(run.translate(NOT_WRITTEN.fill(reason=outcome.reason, file=str(plan.file))))
        console.print_note(plan.entry)
    worked = WORKED if plan.server.command else WORKED_REMOTELY
    console.print_out(
        click.style(run.translate(worked.fill(host=plan.host.title, tools=proof.tools)), fg="green")
    )
    if outcome.copy is not None:
        console.print_out(run.translate(COPY.fill(copy=str(outcome.copy))))
    if plan.host.after and outcome.written:
        console.print_out(run.translate(plan.host.after))
    console.print_out(run.translate(ASK))
    return Exit.OK


def _build_body(run: Invocation, plan: Plan, outcome: Outcome, proof: Proof) -> dict[str, Any]:
    body: dict[str, Any] = {
        "host": plan.host.key,
        "file": str(plan.file),
        "written": outcome.written,
        "tools": proof.tools,
        "seconds": round(proof.seconds, 3),
    }
    if outcome.copy is not None:
        body["copy"] = str(outcome.copy)
    if not outcome.written:
        body |= {"reason": run.translate(outcome.reason), "entry": _mask(plan, plan.entry)}
    return body
