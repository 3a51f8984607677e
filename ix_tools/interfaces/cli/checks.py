"""The checks of `ix-tools doctor`: each yields findings with the next step.

The checks change nothing and only read the account. No finding contains a secret.
"""

import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ix_tools.api_client.rate_limit import list_limit_statuses
from ix_tools.config.settings import Settings
from ix_tools.domain.records import Sequence as Series
from ix_tools.domain.records import Tax
from ix_tools.errors import IxError, Problem, SettingsError
from ix_tools.fiscal.deadlines import find_pdf_invoice_rule
from ix_tools.guards.electronic_invoices import WHAT_TO_DO
from ix_tools.i18n.formats import format_plain
from ix_tools.i18n.labels import Bilingual, Language
from ix_tools.i18n.messages import Message, Text, join_messages, render
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.labels import format_kind
from ix_tools.interfaces.cli.options import build_words
from ix_tools.interfaces.cli.repositories import open_approvals, open_store
from ix_tools.interfaces.cli.setting_sources import SettingSources
from ix_tools.operations.sequences import RegisterSequence
from ix_tools.schemas.json_schema import build_input_schema
from ix_tools.storage.database import Store
from ix_tools.text.sanitize import sanitize_line

Level = Literal["ok", "warning", "problem"]
UNREGISTERED = "N/D"
FIRST_YEAR = 2026
"""A clock with an earlier year is wrong: this program did not exist."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: Level
    check: str
    message: Bilingual | Text
    next: Bilingual | Text | None = None


def report_ok(check: str, pt: str, en: str) -> Finding:
    """Build a finding without a next step."""
    return Finding("ok", check, Bilingual(pt, en))


def _name_problem(problem: Problem) -> Message:
    """Return a problem with the name of its setting or rule."""
    return join_messages([problem.field, problem.problem], ": ")


# --- on this machine --------------------------------------------------------------------------------------


def check_settings(run: Invocation, origins: SettingSources) -> Iterator[Finding]:
    """Check that the settings file and the environment can be used."""
    try:
        _ = run.settings
    except SettingsError as wrong:
        for problem in wrong.problems:
            yield Finding("problem", "settings", _name_problem(problem), wrong.next)
        if not wrong.problems:
            yield Finding("problem", "settings", wrong.message, wrong.next)
        return
    if origins.in_file:
        yield report_ok(
            "settings",
            f"lidas de {origins.path} e do ambiente",
            f"read from {origins.path} and the environment",
        )
    else:
        yield report_ok(
            "settings", "lidas do ambiente; não há ficheiro", "read from the environment; there is no file"
        )


def check_names(origins: SettingSources) -> Iterator[Finding]:
    """Check that every name with our prefix is a known setting."""
    for name, meant in origins.find_unknown_names().items():
        yield Finding(
            "problem",
            "settings",
            Bilingual(
                f"{sanitize_line(name)} não é uma definição: ninguém a lê",
                f"{sanitize_line(name)} is no setting: nobody reads it",
            ),
            Bilingual(f"queria dizer {meant}?", f"did you mean {meant}?")
            if meant
            else Bilingual("veja os nomes com ix-tools settings", "ix-tools settings shows the names"),
        )


def check_account(settings: Settings) -> Iterator[Finding]:
    """Check that an account and a key are set."""
    try:
        settings.require_account()
    except SettingsError as missing:
        names = ", ".join(problem.field for problem in missing.problems)
        yield Finding(
            "problem",
            "account",
            Bilingual(f"falta {names}", f"{names} is not set"),
            Bilingual(
                "defina-as no ambiente (InvoiceXpress: Conta > API), ou use --sandbox",
                "set them in the environment (InvoiceXpress: Account > API), or use --sandbox",
            ),
        )
        return
    yield report_ok(
        "account",
        f"{settings.account} em {settings.main_url}; a chave está definida (não se mostra)",
        f"{settings.account} at {settings.main_url}; the key is set (it is not shown)",
    )


def check_key_file(origins: SettingSources) -> Iterator[Finding]:
    """Check that only its owner can read a file that holds the key."""
    if "api_key" not in origins.in_file or sys.platform == "win32":
        return
    mode = stat.S_IMODE(origins.path.stat().st_mode)
    if mode & 0o077:
        yield Finding(
            "problem",
            "key_file",
            Bilingual(
                f"{origins.path} tem a chave e outros utilizadores podem lê-lo ou alterá-lo ({mode:04o})",
                f"{origins.path} holds the key, and other users may read or change it ({mode:04o})",
            ),
            Bilingual(f"chmod 600 {origins.path}", f"chmod 600 {origins.path}"),
        )
    else:
        yield report_ok("key_file", "o ficheiro com a chave é só seu", "the file with the key is yours alone")


def check_store(run: Invocation, settings: Settings) -> Iterator[Finding]:
    """Check that approvals can be stored; without them no irreversible call is sent."""
    try:
        with open_approvals(run, settings) as kept:
            waiting = len(kept.list_waiting())
    except IxError as trouble:
        yield Finding("problem", "store", trouble.message, trouble.next)
        return
    yield report_ok(
        "store",
        f"{Store(settings.store_location).location}; à espera de decisão: {waiting}",
        f"{Store(settings.store_location).location}; waiting for a decision: {waiting}",
    )


def check_pauses(run: Invocation) -> Iterator[Finding]:
    """Check that no account is paused after a rate limit or repeated failures."""
    with open_store(run.settings) as opened:
        paused = [one for one in list_limit_statuses(opened) if one.closed_for]
    for one in paused:
        command = run.build_command("limits", "clear", one.account)
        yield Finding(
            "warning",
            "limits",
            Bilingual(
                f"{one.account} está em pausa por mais {one.closed_for:.0f} segundos: nada é enviado",
                f"{one.account} is paused for {one.closed_for:.0f} more seconds: nothing is sent",
            ),
            Bilingual(
                f"espere, ou termine a pausa com: {command}",
                f"wait, or end the pause with: {command}",
            ),
        )


def check_policy(settings: Settings) -> Iterator[Finding]:
    """Check that the policy file can be read; without one a person approves everything irreversible."""
    if settings.policy is None:
        yield report_ok("policy", "nenhuma: uma pessoa aprova tudo", "none: a person approves everything")
        return
    from ix_tools.policy.file import PolicyFile

    try:
        rules = PolicyFile(settings.policy).load_rules()
    except SettingsError as wrong:
        named = [_name_problem(one) for one in wrong.problems]
        yield Finding(
            "problem",
            "policy",
            join_messages([wrong.message, join_messages(named)], " ") if named else wrong.message,
            wrong.next,
        )
        return
    names = ", ".join(rule.name for rule in rules.rules)
    free = ", ".join(rule.name for rule in rules.rules if rule.is_unattended)
    yield report_ok("policy", f"{settings.policy}: {names or '-'}", f"{settings.policy}: {names or '-'}")
    if free:
        yield report_ok("policy", f"sem uma pessoa: {free}", f"without a person: {free}")


def check_clock(now: datetime, local: datetime) -> Iterator[Finding]:
    """Check the clock, and warn if this machine's date differs from Lisbon's."""
    lisbon, here = f"{now:%Y-%m-%d %H:%M}", f"{local:%Y-%m-%d %H:%M %Z}"
    if now.year < FIRST_YEAR:
        yield Finding(
            "problem",
            "clock",
            Bilingual(f"o relógio desta máquina diz {lisbon}", f"this machine's clock says {lisbon}"),
            Bilingual(
                "acerte-o: datas e aprovações dependem dele", "set it: dates and approvals depend on it"
            ),
        )
    elif now.date() != local.date():
        yield Finding(
            "warning",
            "clock",
            Bilingual(
                f"em Lisboa são {lisbon}, nesta máquina {here}", f"it is {lisbon} in Lisbon and {here} here"
            ),
            Bilingual(
                "«today» é o dia de Lisboa; confirme as datas", "`today` means Lisbon's day; check dates"
            ),
        )
    else:
        yield report_ok("clock", f"em Lisboa são {lisbon}", f"it is {lisbon} in Lisbon")


# --- in the account ---------------------------------------------------------------------------------------


def check_access(failure: IxError | None, boxed: bool) -> Finding:
    """Report whether InvoiceXpress responds and accepts the key."""
    if failure is not None:
        return Finding("problem", "access", failure.message, failure.next)
    if boxed:
        return report_ok(
            "access", "a sandbox responde (sem valor fiscal)", "the sandbox answers (no fiscal value)"
        )
    return report_ok(
        "access", "o InvoiceXpress responde e aceita a chave", "InvoiceXpress answers and accepts the key"
    )


def check_pdf_invoices(today: date) -> Iterator[Finding]:
    """Warn, once the day is near, that plain PDFs stop being electronic invoices."""
    rule = find_pdf_invoice_rule(today)
    if rule is None:
        return
    day = f"{rule.turning_day:%d/%m/%Y}"
    pt, en = (
        (f"desde {day} um PDF não é", f"since {day} a PDF is no")
        if rule.has_ended
        else (f"depois de {day} um PDF não é", f"after {day} a PDF is no")
    )
    yield Finding(
        "warning",
        "pdf_invoices",
        Bilingual(
            f"{pt} fatura eletrónica sem assinatura ou selo eletrónico qualificado ({rule.law})",
            f"{en} electronic invoice without a qualified electronic signature or seal ({rule.law})",
        ),
        Bilingual(render(WHAT_TO_DO, "pt"), render(WHAT_TO_DO, "en")),
    )


def check_taxes(taxes: Sequence[Tax]) -> Iterator[Finding]:
    """Check for a default tax, which lines without a tax get, and for one of 0 %, which exempt lines need."""
    default = next((tax for tax in taxes if tax.default_tax), None)
    exempt = next((tax for tax in taxes if tax.value == 0), None)
    if default is None:
        yield Finding(
            "problem",
            "taxes",
            Bilingual("a conta não tem taxa de IVA predefinida", "the account has no default tax"),
            Bilingual(
                "escolha uma no InvoiceXpress, ou dê o nome em cada linha",
                "choose one in InvoiceXpress, or name one on every line",
            ),
        )
    else:
        rate = f"{sanitize_line(default.name or '?')} ({format_plain(default.value) if default.value is not None else '?'} %)"
        yield report_ok("taxes", f"predefinida: {rate}", f"default: {rate}")
    if exempt is None:
        yield Finding(
            "warning",
            "taxes",
            Bilingual(
                "a conta não tem taxa de 0 %: não há linhas isentas",
                "the account has no tax of 0 %: no line can be exempt",
            ),
            Bilingual("crie uma no InvoiceXpress, se precisar", "make one in InvoiceXpress, if you need it"),
        )
    else:
        yield report_ok(
            "taxes",
            f"isenta: {sanitize_line(exempt.name or '?')}",
            f"exempt: {sanitize_line(exempt.name or '?')}",
        )


def check_series(run: Invocation, series: Sequence[Series]) -> Iterator[Finding]:
    """Check that the default series, and every series in use, is registered with AT (Portaria 195/2020)."""
    default = next((one for one in series if one.default), None)
    if default is None:
        yield Finding(
            "problem",
            "series",
            Bilingual("não há série predefinida", "there is no default series"),
            Bilingual(
                "escolha uma no InvoiceXpress, ou dê sequence_id em cada documento",
                "choose one in InvoiceXpress, or give sequence_id with every document",
            ),
        )
    for one in series:
        used = [
            name for name, part in one.types.items() if part.number and part.validation_code == UNREGISTERED
        ]
        all_missing = [name for name, part in one.types.items() if part.validation_code == UNREGISTERED]
        if one is default and all_missing:
            yield _report_unregistered(
                run, "problem", one, all_missing, "a série predefinida", "the default series"
            )
        elif used:
            yield _report_unregistered(run, "warning", one, used, "a série em uso", "the series in use")
        elif one is default:
            name = sanitize_line(one.serie or "?")
            yield report_ok(
                "series", f"predefinida: {name}, registada na AT", f"default: {name}, registered with AT"
            )


def _report_unregistered(
    run: Invocation, level: Level, series: Series, types: Sequence[str], pt: str, en: str
) -> Finding:
    name = sanitize_line(series.serie or "?")
    command = run.build_command(
        RegisterSequence.spec.name.replace("_", "-"),
        *build_words({"sequence_id": series.id}, build_input_schema(RegisterSequence)),
    )
    return Finding(
        level,
        "series",
        Bilingual(
            f"{pt} {name} não está registada na AT para: {_join_kinds(types, 'pt')}",
            f"{en} {name} is not registered with AT for: {_join_kinds(types, 'en')}",
        ),
        Bilingual(
            f"registe-a (uma pessoa aprova): {command}",
            f"register it (a person approves): {command}",
        ),
    )


def _join_kinds(types: Iterable[str], language: Language) -> str:
    return ", ".join(format_kind(name, language) for name in types)
