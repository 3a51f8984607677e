"""`ix-tools policy`: show the policy file, and explain its decision about a call; sends and asks nothing."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import anyio
import click

from ix_tools.approvals.budgets import RemainingAllowance
from ix_tools.domain.amount_types import parse_decimal
from ix_tools.domain.json_parsing import parse_json
from ix_tools.errors import InvalidArguments, Problem, SettingsError
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.interfaces.cli import console, policy_text
from ix_tools.interfaces.cli.command_options import (
    GLOBAL_NAMES,
    SETTINGS,
    apply_global_options,
    global_options,
)
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import WordChoice
from ix_tools.interfaces.cli.repositories import open_approvals
from ix_tools.interfaces.cli.translation import Misuse
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.dry_run import dry_run_policy
from ix_tools.policy.context import UNKNOWN, PolicyCase, Unknown
from ix_tools.policy.evaluation import PolicyEvaluation, evaluate_rules
from ix_tools.policy.file import PolicyFile
from ix_tools.policy.rules import DOCUMENT_TYPES, INTERFACES, STATES

NONE = message("There is no policy: a person approves whatever cannot be undone.")


@click.group("policy", context_settings=SETTINGS)
def command() -> None:
    """Show who may do what, and whose approval it takes."""


def _open_policy(run: Invocation) -> PolicyFile | None:
    return PolicyFile(run.settings.policy) if run.settings.policy else None


@command.command("show", params=[global_options()[0]])
@click.pass_context
def show(ctx: click.Context, output: Any) -> None:
    """Show the policy in force, or the errors in its file."""
    run = apply_global_options(ctx, output)
    file = _open_policy(run)
    rules = file.load_rules() if file else None
    if run.wants_json:
        content = None if rules is None else rules.model_dump(mode="json", exclude_none=True)
        console.print_json({"ok": True, "file": str(file.path) if file else None, "policy": content})
        return
    if file is None or rules is None:
        console.print_out(run.translate(NONE))
        return
    console.print_out(str(file.path))
    for line in policy_text.describe_rules(rules, run.language):
        console.print_out(console.wrap_text(line))


@command.command("check", params=[*global_options()])
@click.option("--operation", help="The operation, such as change_state.")
@click.option("--state", type=WordChoice(STATES), help="The new state, for change_state.")
@click.option("--type", "kind", type=WordChoice(DOCUMENT_TYPES), help="The document's type.")
@click.option("--series", help="The document's series.")
@click.option("--amount", help="In euros: the document's total, or the payment.")
@click.option("--recipient", multiple=True, help="For e-mail; `client` is the client's own address.")
@click.option("--principal", help="Who asks. Default: the setting.")
@click.option(
    "--face", type=WordChoice(INTERFACES), default="mcp", show_default=True, help="How it comes in."
)
@click.option("--at", help="When, in Lisbon: 2026-11-20T10:00. Default: now.")
@click.option(
    "--json", "json_file", metavar="FILE|-",
    help="The arguments of a real call: the account is read to know the rest, and nothing is sent.",
)  # fmt: skip
@click.pass_context
def check(ctx: click.Context, /, json_file: str | None, **given: Any) -> None:
    """Explain the policy's decision about a call: each rule, the rule that decides, and today's remaining budget.

    A value that you leave out is unknown: a rule that restricts then counts, a rule that permits does not.
    """
    shared = {name: given.pop(name) for name in GLOBAL_NAMES}
    run = apply_global_options(ctx, **shared)
    file = _open_policy(run)
    if file is None:
        raise SettingsError(
            message("There is no policy."),
            code="no_policy",
            next=message("name a file in INVOICEXPRESS_POLICY, or policy in the settings"),
        )
    if given["operation"] is None:
        raise Misuse(message("--operation says which call is meant."), ctx)
    name = given["operation"].replace("-", "_")
    if name not in catalogue():
        raise InvalidArguments(
            message("There is no tool called '{name}'.", name=name),
            code="unknown_tool",
            next=message("`{command}` lists the tools", command=run.build_command("tools")),
        )
    if json_file is not None:
        case, found = _explain_with_account(run, name, _read_arguments(json_file), given)
    else:
        case = _build_case(run, name, given)
        found = evaluate_rules(file.load_rules(), case)
    left: list[RemainingAllowance] = []
    if found.ruling.auto_approval is not None:
        with open_approvals(run, run.settings) as kept:
            left = kept.load_remaining_allowances(found.ruling.auto_approval)
    if run.wants_json:
        console.print_json({"ok": True, **policy_text.as_dict(case, found, left)})
        return
    for line in policy_text.describe_ruling(case, found, left, run.language):
        console.print_out(console.wrap_text(line))


def _read_arguments(json_file: str) -> Mapping[str, Any]:
    with click.open_file(json_file, encoding="utf-8") as file:
        content = file.read()
    try:
        found = parse_json(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidArguments(
            message("The call must be one JSON object."), next=message("give the arguments as {...}")
        )
    return found


def _explain_with_account(
    run: Invocation, name: str, arguments: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[PolicyCase, PolicyEvaluation]:
    """Read the account as the call itself would, and explain the decision."""

    async def trip(context: CallContext) -> tuple[PolicyCase, PolicyEvaluation]:
        try:
            return await dry_run_policy(context, name, arguments, given["face"])
        finally:
            with anyio.CancelScope(shield=True):
                await context.close()

    with run.open_account() as settings:
        principal = given["principal"] or settings.principal
        asking = settings.model_copy(update={"principal": principal})
        moment = _parse_moment(run, given["at"])
        return anyio.run(trip, CallContext.open(asking, clock=run.clock, now=lambda: moment))


def _build_case(run: Invocation, name: str, given: Mapping[str, Any]) -> PolicyCase:
    fields = catalogue()[name].model_fields
    about = "document_id" in fields or "receipt_id" in fields or "items" in fields
    effect = catalogue()[name].spec.effect

    def known(value: Any, wanted: bool) -> Any:
        return value if value is not None else UNKNOWN if wanted else None

    amount: Decimal | Unknown | None = known(None, about or "value" in fields)
    if given["amount"] is not None:
        try:
            amount = parse_decimal(given["amount"])
        except InvalidValue as wrong:
            raise InvalidArguments(
                message("The amount cannot be read."),
                problems=[Problem("amount", wrong.allowed)],
                next=message("such as 99.90"),
            ) from None
    state = given["state"] if name == "change_state" else "canceled" if name == "cancel_payment" else None
    return PolicyCase(
        principal=given["principal"] or run.settings.principal,
        face=given["face"],
        operation=name,
        effect=effect,
        at=_parse_moment(run, given["at"]),
        state=known(state, name == "change_state"),
        document_type=known(given["kind"], "document_type" in fields),
        series=known(given["series"], about or "sequence_id" in fields),
        amount=amount,
        recipients=tuple("client" if one == "client" else one for one in given["recipient"]),
        client_email="client",
    )


def _parse_moment(run: Invocation, given: str | None) -> datetime:
    if given is None:
        return run.now().astimezone(LISBON)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise InvalidArguments(
            message("The date and time cannot be read."),
            problems=[Problem("at", message("is not a date and time"))],
            next=message("such as 2026-11-20T10:00"),
        ) from None
    return moment.astimezone(LISBON) if moment.tzinfo else moment.replace(tzinfo=LISBON)
