"""A page in words: templates filled from the kept sheet, every text from outside escaped and without hidden characters."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache, partial
from importlib import resources
from typing import Any

from babel.dates import format_date, format_time
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ix_tools.approvals import rendering
from ix_tools.approvals.fulfilment import Step
from ix_tools.approvals.preview import Entry, Paper, Sheet
from ix_tools.approvals.repository import Approval
from ix_tools.domain.document_kinds import document_type
from ix_tools.i18n import formats
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.words import ACTIONS, Language
from ix_tools.interfaces.web.words import ALREADY, ERRORS, FACES, OUTCOMES, REFUSALS, SENT_TO, STEPS, WORDS
from ix_tools.operations.headings import heading
from ix_tools.text.sanitize import visible

__all__ = ["approval", "outcome", "style_hash"]

TAGS = {"pt": "pt-PT", "en": "en-GB"}
OPEN_LINES, LARGEST = 20, 5
"""Of a document with more lines the largest are shown, and all of them once the list is opened."""
IN_A_PLACE = {"date", "due_date", "draft_id", "status", "exemption"}
"""What is told of a document and has a place of its own on the page."""
UNDECIDED = frozenset({"expired", "elsewhere"})
"""Outcomes that are nobody's decision: of what was asked, nothing is told any more."""
TOTAL_IS_THE_AMOUNT = frozenset({"finalized", "finalized_estimate"})
"""Actions by which a document of this total comes about; the others move an amount of their own, or none."""
AT_FIELD = {"differences_not_accepted": "accept", "pin_wrong": "pin", "pin_locked": "pin"}


def approval(
    found: Approval,
    language: Language,
    csrf: str,
    *,
    now: float,
    pin: str,
    next_try: float = 0.0,
    approved_by: Sequence[str] = (),
    error: str = "",
    said: str = "",
) -> str:
    """The page of an approval that waits.

    `error`: the code of what was not accepted, `said` its own words. `pin`: whose PIN is wanted; `next_try`: when it
    may be tried again, 0 where it may be now. `approved_by`: who said yes already, where more than one must.
    """
    if next_try:
        error = "pin_locked"
    sheet = Sheet.model_validate_json(found.sheet)
    return _filled(
        "approval.html",
        language,
        sheet=sheet,
        title=rendering.title(sheet, language),
        issuer=rendering.issuer(sheet, language),
        deciding=tuple(rendering.deciding(sheet, language)),
        amount=rendering.amount(sheet, language),
        consequences=rendering.consequences(sheet, language),
        action=lambda name: ACTIONS[name].title.in_(language),
        says=lambda name: heading(name, language),
        differing=lambda one: rendering.differing(one, language),
        warned=lambda one: rendering.warned(one, language),
        client=tuple(rendering.client_told(sheet.client, language)) if sheet.client else (),
        worded=partial(_worded, language=language, paper=sheet.paper),
        **_paper(sheet.paper, language),
        id=found.id,
        principal=found.principal,
        account=found.account,
        through=FACES.get(found.face, FACES["library"]).in_(language),
        host=found.host,
        asked_at=_moment(found.created_at, language),
        until=_moment(found.expires_at, language),
        answer_by=_soon(found.expires_at, now, language),
        approve=_approve(sheet, language),
        approved_by=approved_by,
        csrf=csrf,
        pin=pin,
        error=_wrong(error, language, found, next_try, now) or said,
        error_at=AT_FIELD.get(error, ""),
        locked=error == "pin_locked",
    )


def outcome(
    state: str,
    language: Language,
    found: Approval | None = None,
    *,
    now: float = 0.0,
    again: bool = False,
    steps: tuple[Step, ...] = (),
    refreshes: bool = False,
) -> str:
    """What was decided and what came of it, or why a link or an answer was not accepted; nothing else of the document."""
    heading, text = (said.in_(language) for said in OUTCOMES[state])
    decided = found.decided_at if found is not None and state not in UNDECIDED else None
    return _filled(
        "outcome.html",
        language,
        outcome=state,
        heading=heading,
        text=text,
        note=ALREADY.in_(language) if again else "",
        summary=found.summary if found is not None and state not in UNDECIDED else "",
        steps=[_came_of(step, language) for step in steps],
        refreshes=refreshes,
        until=_soon(found.expires_at, now, language) if found is not None and state == "approved" else "",
        id=found.id if found else "",
        when=_moment(decided, language) if decided else "",
        reason=found.reason if found is not None and state == "rejected" else "",
    )


def _came_of(step: Step, language: Language) -> str:
    """What one call left, in a line: `Fatura 1/2026 · ATCUD TQ93Z3GH-1`."""
    if step.state != "done":
        return STEPS[step.state].in_(language)
    if step.recipient:
        return SENT_TO.in_(language).format(recipient=step.recipient)
    if not step.number:
        return STEPS["done"].in_(language)
    kind = document_type(step.kind)
    name = f"{kind.pt if language == 'pt' else kind.en} {step.number}"
    return f"{name} · ATCUD {step.atcud}" if step.atcud else name


@cache
def style_hash() -> str:
    """The hash under which the policy of our pages lets our own style pass, and no other."""
    return base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()


@cache
def _css() -> Markup:
    text = resources.files("ix_tools.interfaces.web").joinpath("templates/page.css").read_text("utf-8")
    return Markup(text.strip())  # noqa: S704 - a file of ours


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("ix_tools.interfaces.web"),
        autoescape=True,
        finalize=_inert,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _approve(sheet: Sheet, language: Language) -> str:
    """What the button says: the amount that goes out with it, else what it does."""
    word = WORDS["approve"].in_(language)
    moves = sheet.amount is not None or sheet.action in TOTAL_IS_THE_AMOUNT
    amount = rendering.amount(sheet, language) if moves else ""
    return f"{word} {amount}" if amount else f"{word}: {ACTIONS[sheet.action].title.in_(language)}"


def _wrong(error: str, language: Language, found: Approval, next_try: float, now: float) -> str:
    if language == "pt" and error in REFUSALS:
        return REFUSALS[error].format(id=found.id)
    if error not in ERRORS:
        return ""
    return ERRORS[error].in_(language).format(next_try=_soon(next_try, now, language), id=found.id)


def _inert(value: Any) -> Any:
    """What is put into a page carries no character that controls a screen or hides in it, wherever it came from."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _filled(template: str, language: Language, **given: Any) -> str:
    said = {name: word.in_(language) for name, word in WORDS.items()}
    return (
        _templates()
        .get_template(template)
        .render(said=said, language=language, tag=TAGS[language], css=_css(), **given)
    )


def _paper(paper: Paper | None, language: Language) -> dict[str, Any]:
    """What a template needs to show a document."""
    if paper is None:
        return {"paper": None}
    told = {
        label: _day(text, language) if isinstance(text, date) else text
        for label, text in rendering.paper_told(paper, language)
    }
    return {
        "paper": paper,
        "name": rendering.name(paper, language),
        "told": told,
        "beside": {label: text for label, text in told.items() if label not in IN_A_PLACE},
        "country": lambda name: rendering.country(name, language),
        "largest": sorted(paper.lines, key=lambda line: line.net or 0, reverse=True)[:LARGEST],
        "open_lines": OPEN_LINES,
        "times": lambda line: rendering.times(line, language, paper.currency),
        "tax": lambda line: rendering.tax(line.tax, line.rate, language),
        "share_named": lambda share: rendering.share_named(share, language),
        "amount_named": lambda one: rendering.amount_named(one, language),
        "money": lambda amount: formats.money(amount, language, paper.currency),
    }


def _day(value: date | None, language: Language) -> str:
    return format_date(value, "long", locale=formats.LOCALES[language]) if value else "–"


def _moment(timestamp: float, language: Language) -> str:
    moment = datetime.fromtimestamp(timestamp, LISBON)
    return (
        f"{_day(moment.date(), language)}, {format_time(moment, 'HH:mm', locale=formats.LOCALES[language])}"
    )


def _soon(timestamp: float, now: float, language: Language) -> str:
    """A moment that is near: the time of day; with its day where that is another one."""
    moment, today = (datetime.fromtimestamp(one, LISBON) for one in (timestamp, now))
    if moment.date() == today.date():
        return format_time(moment, "HH:mm", locale=formats.LOCALES[language])
    return _moment(timestamp, language)


def _worded(entry: Entry, language: Language, paper: Paper | None) -> Iterable[str]:
    if entry.kind == "day":
        return (_day(date.fromisoformat(entry.lines[0]), language),)
    if entry.kind == "text" and len(entry.lines) > 1:
        return entry.lines
    return (rendering.value(entry, language, paper.currency if paper else ""),)
