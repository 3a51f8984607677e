"""`ix-tools doctor`: everything that must be right before the first invoice, and what to do where it is not."""

from collections.abc import Iterator, Sequence
from typing import Any

import anyio
import click

from ix_tools.config.settings import Settings
from ix_tools.errors import Exit, IxError
from ix_tools.i18n.words import Said
from ix_tools.interfaces.cli import checks, console
from ix_tools.interfaces.cli.checks import Finding
from ix_tools.interfaces.cli.commands import SETTINGS, global_options, heard
from ix_tools.interfaces.cli.invocation import Run
from ix_tools.interfaces.cli.setting_sources import Origins
from ix_tools.operations.base import Operation
from ix_tools.operations.sequences import ListSequences, SequenceList
from ix_tools.operations.taxes import ListTaxes, TaxList
from ix_tools.pipeline.execute import Desk, perform

NAMES = {
    "settings": Said("Definições", "Settings"),
    "account": Said("Conta", "Account"),
    "key_file": Said("Ficheiro da chave", "Key file"),
    "store": Said("Aprovações", "Approvals"),
    "limits": Said("Limites", "Limits"),
    "policy": Said("Política", "Policy"),
    "clock": Said("Relógio", "Clock"),
    "access": Said("Acesso", "Access"),
    "taxes": Said("IVA", "Taxes"),
    "series": Said("Séries", "Series"),
}
LEVELS = {
    "ok": (Said("ok", "ok"), "green"),
    "warning": (Said("aviso", "warning"), "yellow"),
    "problem": (Said("problema", "problem"), "red"),
}
ALL_WELL = Said("Está tudo pronto.", "Everything is ready.")
USABLE = Said("Pode trabalhar; leia os avisos.", "It works; read the warnings.")
BROKEN = Said(
    "Corrija os problemas e corra outra vez ix-tools doctor.",
    "Correct the problems and run ix-tools doctor again.",
)


@click.command("doctor", params=global_options(), context_settings=SETTINGS)
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> int:
    """Check settings, store, clock, account, taxes and series. Exit code 1 if anything is a problem.

    The account is only read. With --sandbox, a fresh built-in sandbox is checked instead of an account.
    """
    run = heard(ctx, **options)
    found = list(_findings(run))
    broken = any(one.level == "problem" for one in found)
    if run.json:
        console.emit({"ok": not broken, "checks": [_as_dict(run, one) for one in found]})
    else:
        _print(run, found)
    return Exit.REFUSED if broken else Exit.OK


def _findings(run: Run) -> Iterator[Finding]:
    origins = Origins.read()
    readable = list(checks.settings_readable(run, origins))
    yield from readable
    if not run.boxed:
        yield from checks.names_known(origins)
    yield from checks.key_file_private(origins)
    yield from checks.clock_sane(run.now(), run.now().astimezone())
    if any(one.level == "problem" for one in readable):
        return
    kept = list(checks.store_writable(run, run.settings))
    yield from kept
    if all(one.level == "ok" for one in kept):
        yield from checks.accounts_open(run.settings)
    yield from checks.policy_usable(run.settings)
    with run.account() as settings:
        account = list(checks.account_set(settings))
        yield from account
        if all(one.level == "ok" for one in account):
            yield from _account(run, settings)


def _account(run: Run, settings: Settings) -> Iterator[Finding]:
    try:
        taxes = TaxList.model_validate(_performed(run, settings, ListTaxes)).taxes
    except IxError as failure:
        yield checks.account_answers(failure, run.boxed)
        return
    yield checks.account_answers(None, run.boxed)
    yield from checks.taxes_usable(taxes)
    try:
        series = SequenceList.model_validate(_performed(run, settings, ListSequences)).sequences
    except IxError as failure:
        yield Finding(
            "problem", "series", Said(failure.message, failure.message), Said(failure.next, failure.next)
        )
        return
    yield from checks.series_registered(run, series)


def _performed(run: Run, settings: Settings, operation: type[Operation[Any]]) -> dict[str, Any]:
    async def trip() -> dict[str, Any]:
        desk = Desk.open(settings, clock=run.clock, now=run.now)
        try:
            return await perform(desk, operation.spec.name, {}, face="cli")
        finally:
            await desk.close()

    return anyio.run(trip)


def _as_dict(run: Run, one: Finding) -> dict[str, str]:
    shown = {"level": one.level, "check": one.check, "message": run.said(one.message)}
    return {**shown, "next": run.said(one.next)} if one.next else shown


def _print(run: Run, found: Sequence[Finding]) -> None:
    levels = {level: run.said(words) for level, (words, _) in LEVELS.items()}
    wide = max(map(len, levels.values()))
    column = max(len(run.said(name)) for name in NAMES.values())
    for one in found:
        level = click.style(levels[one.level].ljust(wide), fg=LEVELS[one.level][1], bold=one.level != "ok")
        indent = " " * (wide + column + 4)
        text = console.wrapped(run.said(one.message), indent)
        console.print_out(f"{level}  {run.said(NAMES[one.check]).ljust(column)}  {text}")
        if one.next:
            todo = run.said(one.next)
            # A command stays on one line, to be copied.
            console.print_out(f"{indent}→ {todo if 'ix-tools ' in todo else console.wrapped(todo, indent)}")
    worst = {one.level for one in found}
    end = BROKEN if "problem" in worst else USABLE if "warning" in worst else ALL_WELL
    console.print_out(f"\n{run.said(end)}")
