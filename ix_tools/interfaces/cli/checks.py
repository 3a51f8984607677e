"""The checks of `ix-tools doctor`: each yields findings with the next step.

The checks change nothing and only read the account. No finding contains a secret.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ix_tools.api_client.rate_limit import list_limit_statuses
from ix_tools.config.key_store import KEYS_NAME
from ix_tools.config.private_files import find_foreign_mode
from ix_tools.config.settings import Settings
from ix_tools.domain.records import Sequence as Series
from ix_tools.domain.records import Tax
from ix_tools.errors import IxError, Problem, SettingsError, Unreadable
from ix_tools.fiscal.deadlines import find_pdf_invoice_rule
from ix_tools.guards.electronic_invoices import WHAT_TO_DO
from ix_tools.i18n.messages import (
    Message,
    MessageTemplate,
    Text,
    join_messages,
    message,
    message_template,
)
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import build_words
from ix_tools.interfaces.cli.repositories import open_approvals, open_store
from ix_tools.interfaces.cli.setting_sources import SettingSources
from ix_tools.interfaces.cli.value_names import name_kind
from ix_tools.operations.sequences import RegisterSequence
from ix_tools.schemas.json_schema import build_input_schema
from ix_tools.storage.database import Store
from ix_tools.text.sanitize import sanitize_line
from ix_tools.webhooks.endpoints import Endpoints

Level = Literal["ok", "warning", "problem"]
UNREGISTERED, NEEDS_NO_CODE = "N/D", "N/A"
DEFAULT_UNREGISTERED = message_template("the default series {name} is not registered with AT for: {kinds}")
REGISTER_IT = message_template("register it (a person approves): {command}")
CONNECT_FIRST = message_template(
    "no series has a code of AT yet: connect the account with AT first (in InvoiceXpress: Account > AT), then register the series "
    "(a person approves): {command}"
)
USED_UNREGISTERED = message_template("the series in use {name} is not registered with AT for: {kinds}")
NO_ACCOUNT = message_template(
    "{address} does not answer as an account of InvoiceXpress: its name is wrong, or something on the way answers instead"
)
CORRECT_ACCOUNT = message(
    "the account is the first part of https://NAME.app.invoicexpress.com; ix-tools connect asks for it"
)
CLOCK_SECONDS = 120
"""Difference between two clocks that is none yet: a slow answer, and a few seconds that most clocks are off."""
CLOCK_AHEAD = message_template(
    "this machine's clock is {minutes} minutes ahead of InvoiceXpress: `today` may be another day on documents, and sign-ins "
    "and webhooks may be refused"
)
CLOCK_BEHIND = message_template(
    "this machine's clock is {minutes} minutes behind InvoiceXpress: `today` may be another day on documents, and sign-ins "
    "and webhooks may be refused"
)
FIRST_YEAR = 2026
"""A clock with an earlier year is wrong: this program did not exist."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: Level
    check: str
    message: Text
    next: Text = ""
    """The next step; empty if there is none."""


def report_ok(check: str, message: Text) -> Finding:
    """Build a finding without a next step."""
    return Finding("ok", check, message)


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
        found = message("read from {file} and the environment", file=str(origins.path))
    else:
        found = message("read from the environment; there is no file")
    yield report_ok("settings", found)


def check_names(origins: SettingSources) -> Iterator[Finding]:
    """Check that every name with our prefix is a known setting."""
    for name, meant in origins.find_unknown_names().items():
        yield Finding(
            "problem",
            "settings",
            message("{name} is no setting: nobody reads it", name=sanitize_line(name)),
            message("did you mean {name}?", name=meant)
            if meant
            else message("ix-tools settings shows the names"),
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
            message("not set: {names}", names=names),
            message("run ix-tools connect, which asks for them, or use --sandbox"),
        )
        return
    yield report_ok(
        "account",
        message(
            "{account} at {address}; the key is set (it is not shown)",
            account=settings.account,
            address=settings.main_url,
        ),
    )


def check_key_file(origins: SettingSources) -> Iterator[Finding]:
    """Check that only its owner can read a file that holds a key: the settings file, and that of `ix-tools connect`."""
    kept = origins.path.with_name(KEYS_NAME)
    for file in (*([origins.path] if "api_key" in origins.in_file else []), kept):
        if not file.exists():
            continue
        if mode := find_foreign_mode(file):
            yield Finding(
                "problem",
                "key_file",
                message(
                    "{file} holds the key, and other users may read or change it ({mode})",
                    file=str(file),
                    mode=mode,
                ),
                f"chmod 600 {file}",
            )
        else:
            yield report_ok("key_file", message("the file with the key is yours alone"))


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
        message(
            "{store}; waiting for a decision: {waiting}",
            store=Store(settings.store_location).location,
            waiting=waiting,
        ),
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
            message(
                "{account} is paused for {seconds} more seconds: nothing is sent",
                account=one.account,
                seconds=round(one.closed_for),
            ),
            message("wait, or end the pause with: {command}", command=command),
        )


def check_webhooks(run: Invocation) -> Iterator[Finding]:
    """Check that no registered address was given up."""
    with open_store(run.settings) as opened:
        disabled = [one for one in Endpoints(opened).list_of() if one.disabled_at is not None]
    for one in disabled:
        command = run.build_command("webhooks", "enable", one.id)
        yield Finding(
            "warning",
            "webhooks",
            message(
                "{id} of {caller} receives nothing any more: {why}",
                id=one.id,
                caller=one.principal,
                why=one.disabled_why,
            ),
            message("correct the receiver, then: {command}", command=command),
        )


def check_policy(run: Invocation, settings: Settings) -> Iterator[Finding]:
    """Check that the policy file can be read; without one a person approves everything irreversible."""
    if settings.policy is None:
        yield report_ok("policy", message("none: a person approves everything"))
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
    yield report_ok("policy", f"{settings.policy}: {names or '-'}")
    if free:
        yield report_ok("policy", message("without a person: {rules}", rules=free))


def check_clock(now: datetime, local: datetime) -> Iterator[Finding]:
    """Check the clock, and warn if this machine's date differs from Lisbon's."""
    if now.year < FIRST_YEAR:
        yield Finding(
            "problem",
            "clock",
            message("this machine's clock says {moment}", moment=now),
            message("set it: dates and approvals depend on it"),
        )
    elif now.date() != local.date():
        yield Finding(
            "warning",
            "clock",
            message("it is {lisbon} in Lisbon, and {day} on this machine", lisbon=now, day=local.date()),
            message("`today` means Lisbon's day; check the dates"),
        )
    else:
        yield report_ok("clock", message("it is {lisbon} in Lisbon", lisbon=now))


def compare_clocks(run: Invocation, answers: Iterable[datetime]) -> Iterator[Finding]:
    """Compare this machine's clock with that of the service, as its newest answer tells it."""
    for answered in answers:
        ahead = run.clock() - answered.timestamp()
        if abs(ahead) <= CLOCK_SECONDS:
            continue
        minutes = round(abs(ahead) / 60)
        yield Finding(
            "problem",
            "clock",
            (CLOCK_AHEAD if ahead > 0 else CLOCK_BEHIND).fill(minutes=minutes),
            message("set this machine's clock by the network's time, and run `ix-tools doctor` again"),
        )


# --- in the account ---------------------------------------------------------------------------------------


def check_access(failure: IxError | None, boxed: bool, address: str) -> Finding:
    """Report whether InvoiceXpress responds and accepts the key."""
    if failure is not None and isinstance(failure, Unreadable) and not boxed:
        return Finding("problem", "access", NO_ACCOUNT.fill(address=address), CORRECT_ACCOUNT)
    if failure is not None:
        return Finding("problem", "access", failure.message, failure.next)
    if boxed:
        return report_ok("access", message("the sandbox answers (no fiscal value)"))
    return report_ok("access", message("InvoiceXpress answers and accepts the key"))


def check_pdf_invoices(today: date) -> Iterator[Finding]:
    """Warn, once the day is near, that plain PDFs stop being electronic invoices."""
    rule = find_pdf_invoice_rule(today)
    if rule is None:
        return
    if rule.has_ended:
        finding = message(
            "since {day} a PDF is no electronic invoice without a qualified electronic signature or seal ({law})",
            day=rule.turning_day,
            law=rule.law,
        )
    else:
        finding = message(
            "after {day} a PDF is no electronic invoice without a qualified electronic signature or seal ({law})",
            day=rule.turning_day,
            law=rule.law,
        )
    yield Finding("warning", "pdf_invoices", finding, WHAT_TO_DO)


def check_taxes(taxes: Sequence[Tax]) -> Iterator[Finding]:
    """Check for a default tax, which lines without a tax get, and for one of 0 %, which exempt lines need."""
    default = next((tax for tax in taxes if tax.default_tax), None)
    exempt = next((tax for tax in taxes if tax.value == 0), None)
    if default is None:
        yield Finding(
            "problem",
            "taxes",
            message("the account has no default VAT rate"),
            message("choose one in InvoiceXpress, or name one on every line"),
        )
    else:
        found = message(
            "default: {name} ({rate}%)", name=sanitize_line(default.name or "?"), rate=default.value
        )
        yield report_ok("taxes", found)
    if exempt is None:
        yield Finding(
            "warning",
            "taxes",
            message("the account has no rate of 0%: no line can be exempt"),
            message("make one in InvoiceXpress, if you need it"),
        )
    else:
        yield report_ok("taxes", message("exempt: {name}", name=sanitize_line(exempt.name or "?")))


def check_series(run: Invocation, series: Sequence[Series]) -> Iterator[Finding]:
    """Check that the default series, and every series in use, is registered with AT (Portaria 195/2020)."""
    default = next((one for one in series if one.default), None)
    if default is None:
        yield Finding(
            "problem",
            "series",
            message("there is no default series"),
            message("choose one in InvoiceXpress, or name one with every document"),
        )
    codes = {part.validation_code for one in series for part in one.types.values()} - {
        None,
        "",
        NEEDS_NO_CODE,
    }
    # Registering is refused while the account is not connected with AT, and no answer of the API tells that before.
    todo = CONNECT_FIRST if codes == {UNREGISTERED} else REGISTER_IT
    for one in series:
        used = [
            name for name, part in one.types.items() if part.number and part.validation_code == UNREGISTERED
        ]
        all_missing = [name for name, part in one.types.items() if part.validation_code == UNREGISTERED]
        if one is default and all_missing:
            yield _report_unregistered(run, "problem", one, all_missing, DEFAULT_UNREGISTERED, todo)
        elif used:
            yield _report_unregistered(run, "warning", one, used, USED_UNREGISTERED, todo)
        elif one is default:
            name = sanitize_line(one.serie or "?")
            yield report_ok("series", message("default: {name}, registered with AT", name=name))


def _report_unregistered(
    run: Invocation,
    level: Level,
    series: Series,
    types: Sequence[str],
    text: MessageTemplate,
    todo: MessageTemplate,
) -> Finding:
    command = run.build_command(
        RegisterSequence.spec.name.replace("_", "-"),
        *build_words({"sequence_id": series.id}, build_input_schema(RegisterSequence)),
    )
    kinds = join_messages((name_kind(one) for one in types), ", ")
    return Finding(
        level,
        "series",
        text.fill(name=sanitize_line(series.serie or "?"), kinds=kinds),
        todo.fill(command=command),
    )
