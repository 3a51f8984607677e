"""`ix-tools doctor`: check everything that a first invoice needs, and name the next steps."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import anyio
import click

from ix_tools.config.settings import Settings
from ix_tools.error_codes import Exit
from ix_tools.errors import IxError
from ix_tools.i18n.messages import message
from ix_tools.interfaces.cli import checks, console, mail_checks, provider_checks
from ix_tools.interfaces.cli.checks import Finding
from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options, global_options
from ix_tools.interfaces.cli.invocation import Invocation, find_own_command
from ix_tools.interfaces.cli.setting_sources import SettingSources
from ix_tools.operations.base import Operation
from ix_tools.operations.sequences import ListSequences, SequenceList
from ix_tools.operations.taxes import ListTaxes, TaxList
from ix_tools.pipeline.execute import CallContext, CallOrigin, execute
from ix_tools.text.sanitize import sanitize_line

CHECK_NAMES = {
    "settings": message("Settings"),
    "account": message("Account"),
    "key_file": message("Key file"),
    "store": message("Approvals"),
    "limits": message("Limits"),
    "policy": message("Policy"),
    "mail": message("E-mail"),
    "sign_in": message("Sign-in"),
    "webhooks": message("Webhooks"),
    "clock": message("Clock"),
    "access": message("Access"),
    "taxes": message("Taxes"),
    "series": message("Numbering"),
    "pdf_invoices": message("PDF invoices"),
}
LEVELS = {
    "ok": (message("ok"), "green"),
    "warning": (message("warning"), "yellow"),
    "problem": (message("problem"), "red"),
}
ALL_WELL = message("Everything is ready.")
USABLE = message("It works; read the warnings.")
BROKEN = message("Correct the problems and run ix-tools doctor again.")


@click.command("doctor", params=global_options(), context_settings=SETTINGS)
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> int:
    """Check settings, store, clock, every account, its taxes and series. Exit code 1 if anything is a problem.

    The account is only read. With --sandbox, a fresh built-in sandbox is checked instead of an account.
    """
    run = apply_global_options(ctx, **options)
    found = list(_run_checks(run))
    broken = any(one.level == "problem" for one in found)
    if run.wants_json:
        console.print_json({"ok": not broken, "checks": [_as_dict(run, one) for one in found]})
    else:
        _print_findings(run, found)
    return Exit.REFUSED if broken else Exit.OK


def _run_checks(run: Invocation) -> Iterator[Finding]:
    origins = SettingSources.load()
    readable = list(checks.check_settings(run, origins))
    yield from readable
    if not run.uses_sandbox:
        yield from checks.check_names(origins)
    yield from checks.check_key_file(origins)
    yield from checks.check_clock(run.now(), run.now().astimezone())
    yield from checks.check_pdf_invoices(run.now().date())
    if any(one.level == "problem" for one in readable):
        return
    kept = list(checks.check_store(run, run.settings))
    yield from kept
    if all(one.level == "ok" for one in kept):
        yield from checks.check_pauses(run)
    yield from checks.check_policy(run, run.settings)
    yield from mail_checks.check_mail(run)
    yield from provider_checks.check_provider(run)
    if all(one.level == "ok" for one in kept):
        yield from checks.check_webhooks(run)
    with run.open_account() as settings:
        others = [] if run.account else list(run.all_settings.by_account().values())
        for one in others or [settings]:
            account = list(checks.check_account(settings if one.sandbox else one))
            yield from account
            if all(found.level == "ok" for found in account):
                yield from _check_account(run, settings if one.sandbox else one)


def _check_account(run: Invocation, settings: Settings) -> Iterator[Finding]:
    answers: list[datetime] = []
    try:
        taxes = TaxList.model_validate(_execute(run, settings, ListTaxes, answers)).taxes
    except IxError as failure:
        yield from checks.compare_clocks(run, answers)
        yield checks.check_access(failure, run.uses_sandbox, settings.main_url)
        return
    yield from checks.compare_clocks(run, answers)
    yield checks.check_access(None, run.uses_sandbox, settings.main_url)
    yield from checks.check_taxes(taxes)
    try:
        series = SequenceList.model_validate(_execute(run, settings, ListSequences)).sequences
    except IxError as failure:
        yield Finding("problem", "series", failure.message, failure.next)
        return
    yield from checks.check_series(run, series)


def _execute(
    run: Invocation,
    settings: Settings,
    operation: type[Operation[Any]],
    answers: list[datetime] | None = None,
) -> dict[str, Any]:
    """Execute a call, and note when the service says that it answered."""

    async def trip() -> dict[str, Any]:
        context = CallContext.open(settings, clock=run.clock, now=run.now)
        try:
            return (await execute(context, operation.spec.name, {}, origin=CallOrigin("cli"))).body
        finally:
            if answers is not None and context.account.answered_at is not None:
                answers.append(context.account.answered_at)
            await context.close()

    return anyio.run(trip)


def _as_dict(run: Invocation, one: Finding) -> dict[str, str]:
    shown = {"level": one.level, "check": one.check, "message": run.translate(one.message)}
    return {**shown, "next": run.translate(one.next)} if one.next else shown


def _print_findings(run: Invocation, found: Sequence[Finding]) -> None:
    levels = {level: run.translate(words) for level, (words, _) in LEVELS.items()}
    wide = max(map(len, levels.values()))
    column = max(len(run.translate(name)) for name in CHECK_NAMES.values())
    for one in found:
        level = click.style(levels[one.level].ljust(wide), fg=LEVELS[one.level][1], bold=one.level != "ok")
        indent = " " * (wide + column + 4)
        text = console.wrap_text(sanitize_line(run.translate(one.message)), indent)
        console.print_out(f"{level}  {run.translate(CHECK_NAMES[one.check]).ljust(column)}  {text}")
        if one.next:
            todo = sanitize_line(run.translate(one.next))
            # A command stays on one line, so that it can be copied.
            console.print_out(
                f"{indent}→ {todo if find_own_command() in todo or 'ix-tools ' in todo else console.wrap_text(todo, indent)}"
            )
    worst = {one.level for one in found}
    end = BROKEN if "problem" in worst else USABLE if "warning" in worst else ALL_WELL
    console.print_out(f"\n{run.translate(end)}")
