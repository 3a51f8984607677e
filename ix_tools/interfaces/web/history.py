"""What was decided, with filters and as a table for spreadsheets, and the story of one document."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import get_args
from urllib.parse import urlencode

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from ix_tools.api_client.client import account_name
from ix_tools.approvals.inbox import HistoryEntry, HistoryFilter, HistoryState
from ix_tools.approvals.story import NO_STORY, Story, StoryEvent, load_story
from ix_tools.auth.identities import KnownIdentities, is_same_person
from ix_tools.domain.document_kinds import get_document_kind, list_document_kinds
from ix_tools.i18n import formats
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, message_template, render, translate_text
from ix_tools.interfaces.web.decision_pages import build_outcome
from ix_tools.interfaces.web.history_texts import (
    COLUMNS,
    EVENTS,
    OUTCOME_STATES,
    PLACES_OF_DECISION,
    STATE_NAMES,
)
from ix_tools.interfaces.web.listed_documents import show_document
from ix_tools.interfaces.web.outcome_texts import translate_outcome
from ix_tools.interfaces.web.overview_texts import translate_words
from ix_tools.interfaces.web.page_templates import render_template
from ix_tools.interfaces.web.requests import HEADERS, build_headers
from ix_tools.interfaces.web.visitors import INBOX, InboxServices, Visitor, VisitorGuard
from ix_tools.operations.registry import catalogue
from ix_tools.storage.figure_sums import FigureSums
from ix_tools.text.sanitize import sanitize_line
from ix_tools.text.spreadsheet_cells import mark_text

PATH = f"{INBOX}/history"
STATES: Mapping[str, HistoryState] = {one: one for one in get_args(HistoryState)}
MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
STORY_OF = message_template("Story of {document}")


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """An approval as the history lists it."""

    path: str
    when: str
    title: str
    amount: str
    account: str
    requester: str
    people: str
    place: str
    state: str
    tone: str
    outcome: str
    document: str
    story: str


class HistoryPages:
    """The history, its table for spreadsheets, and the story of a document."""

    def __init__(self, services: InboxServices, guard: VisitorGuard) -> None:
        """Keep the parts."""
        self._services, self._guard = services, guard

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        shown = self._guard.wrap_page
        return [
            Route(PATH, shown(self._list), methods=["GET"]),
            Route(f"{PATH}.csv", shown(self._export), methods=["GET"]),
            Route(f"{INBOX}/documents/{{account}}/{{kind}}/{{number}}", shown(self._tell), methods=["GET"]),
        ]

    def _list(self, visitor: Visitor) -> Response:
        language, services = visitor.language, self._services
        chosen = _read_choice(visitor.request.query_params)
        after = visitor.request.query_params.get("after", "")
        page = services.inbox.list_history(self._build_filter(visitor, chosen), after)
        labels = self._label_accounts(visitor)
        query = urlencode({name: value for name, value in chosen.items() if value})
        entries = services.inbox.describe(page.rows)
        shown = render_template(
            "history.html",
            language,
            menu=self._guard.build_menu(visitor, "history", f"{query}&" if query else ""),
            rows=[_build_row(one, labels, language) for one in entries],
            chosen=chosen,
            states=[(one, render(STATE_NAMES[one], language)) for one in STATES.values()],
            accounts=sorted(labels.values()),
            # Of this page only: who decides in other accounts is nobody's business here.
            people=sorted({who.rpartition(":")[2] for one in entries for who in one.people}),
            query=query,
            next_key=page.next_key,
            is_first=not after,
            several=len(labels) > 1,
        )
        return HTMLResponse(shown, 200, build_headers())

    def _export(self, visitor: Visitor) -> Response:
        chosen = _read_choice(visitor.request.query_params)
        wanted, labels = self._build_filter(visitor, chosen), self._label_accounts(visitor)
        headers = {
            **HEADERS,
            "Content-Disposition": 'attachment; filename="ix-tools-history.csv"',
            "Content-Security-Policy": "default-src 'none'",
        }
        lines = _write_csv(self._services.inbox.iterate_history(wanted), labels, visitor.language)

        async def stream() -> AsyncIterator[str]:
            async for text in iterate_in_threadpool(lines):
                yield text

        return StreamingResponse(stream(), 200, headers, "text/csv; charset=utf-8")

    def _tell(self, visitor: Visitor) -> Response:
        language, given = visitor.language, visitor.request.path_params
        label, kind, number = (str(given[name]) for name in ("account", "kind", "number"))
        known = self._services.settings.by_account()
        kinds = {one.plural for one in list_document_kinds()}
        story = facts = None
        plain = number.isascii() and number.isdecimal() and len(number) <= 15
        if label in known and visitor.person.may_see(label) and kind in kinds and plain:
            account = account_name(known[label])
            story = load_story(self._services.store, account, f"{kind}/{int(number)}")
            facts = FigureSums(self._services.store).find(account, kind, int(number))
        if story is None and facts is not None:
            story = NO_STORY  # made elsewhere: only its figures are known
        if story is None:
            return build_outcome("unknown_document", language, 404, self._guard.build_menu(visitor, ""))
        found = get_document_kind(kind)
        name = f"{found.pt if language == 'pt' else found.en} {story.number or (facts.number if facts else '') or f'#{int(number)}'}"
        shown = render_template(
            "document.html",
            language,
            menu=self._guard.build_menu(visitor, ""),
            heading=render(STORY_OF.fill(document=name), language),
            title=sanitize_line(story.title),
            words=translate_words(language),
            account=label,
            facts=show_document(facts, {}, language) if facts is not None else None,
            events=[_describe_event(one, language) for one in story.events],
            differences=story.differences,
            proofs=_describe_proofs(story, self._services.load_same_people(), language),
        )
        return HTMLResponse(shown, 200, build_headers())

    # --- internals ---

    def _label_accounts(self, visitor: Visitor) -> dict[str, str]:
        """Return the names in the settings of the accounts that a person sees, by the names in approvals."""
        known = self._services.settings.by_account()
        return {account_name(one): label for label, one in known.items() if visitor.person.may_see(label)}

    def _build_filter(self, visitor: Visitor, chosen: Mapping[str, str]) -> HistoryFilter:
        labels = self._label_accounts(visitor)
        accounts = tuple(name for name, label in labels.items() if chosen["account"] in ("", label))
        since, until = _read_month(chosen["month"])
        return HistoryFilter(accounts, STATES.get(chosen["state"]), chosen["person"], since, until)


def _read_choice(query: Mapping[str, str]) -> dict[str, str]:
    """Return the filters of a page's address; what is not known narrows nothing."""
    chosen = {name: query.get(name, "")[:100] for name in ("state", "account", "person", "month")}
    if chosen["state"] not in STATES:
        chosen["state"] = ""
    if not MONTH.fullmatch(chosen["month"]):
        chosen["month"] = ""
    return chosen


def _read_month(text: str) -> tuple[float | None, float | None]:
    """Return begin and end of a month in Lisbon, such as 2026-11."""
    found = MONTH.fullmatch(text)
    if found is None:
        return None, None
    first = date(int(found[1]), int(found[2]), 1)
    following = (first + timedelta(days=32)).replace(day=1)
    begin, end = (datetime(one.year, one.month, 1, tzinfo=LISBON) for one in (first, following))
    return begin.timestamp(), end.timestamp()


def _build_row(one: HistoryEntry, labels: Mapping[str, str], language: Language) -> HistoryRow:
    found = one.approval
    label = labels.get(found.account, found.account.partition("@")[0])
    state, tone = _name_state(one, language)
    kind = (
        get_document_kind(one.kind) if one.kind in {each.plural for each in list_document_kinds()} else None
    )
    name = (kind.pt if language == "pt" else kind.en) if kind else ""
    return HistoryRow(
        path=f"{INBOX}/approvals/{found.id}",
        when=formats.format_timestamp(found.decided_at or found.created_at),
        title=sanitize_line(found.summary) or _name_operation(found.operation, language),
        amount=_format_cents(found.amount, language),
        account=label,
        requester=found.principal,
        people=", ".join(who.rpartition(":")[2] for who in one.people),
        place=", ".join(
            dict.fromkeys(render(PLACES_OF_DECISION[place], language) for place in _list_places(one))
        ),
        state=state,
        tone=tone,
        outcome=render(OUTCOME_STATES[one.state], language) if one.state in OUTCOME_STATES else "",
        document=f"{name} {one.number}".strip() if one.number else "",
        story=f"{INBOX}/documents/{label}/{found.subject}" if found.subject else "",
    )


def _list_places(one: HistoryEntry) -> Iterator[str]:
    for place in one.places or (one.approval.channel,):
        yield place if place in PLACES_OF_DECISION else "page"


def _name_state(one: HistoryEntry, language: Language) -> tuple[str, str]:
    """Return what became of an approval, in words, and how it is marked."""
    found = one.approval
    if found.channel == "policy":
        return render(STATE_NAMES["policy"], language), "warn"
    if found.state in {"approved", "used", "stale"}:
        return render(STATE_NAMES["approved"], language), "good"
    name: HistoryState = "rejected" if found.state == "rejected" else "expired"
    return render(STATE_NAMES[name], language), "bad" if name == "rejected" else ""


def _format_cents(cents: int | None, language: Language) -> str:
    return "" if cents is None else formats.format_money(Decimal(cents) / 100, language)


def _name_operation(name: str, language: Language) -> str:
    known = catalogue().get(name)
    return translate_text(known.spec.title, language) if known is not None else name


def _write_csv(
    entries: Iterator[HistoryEntry], labels: Mapping[str, str], language: Language
) -> Iterator[str]:
    """Yield the lines of the table; a text that a spreadsheet would calculate is marked as text."""
    buffer = io.StringIO()
    # Portuguese spreadsheets separate columns by semicolons, because the comma is in the amounts.
    writer = csv.writer(buffer, delimiter=";" if language == "pt" else ",", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(render(heading, language) for heading in COLUMNS)
    for one in entries:
        row = _build_row(one, labels, language)
        found = one.approval
        amount = "" if found.amount is None else f"{found.amount / 100:.2f}"
        if language == "pt":
            amount = amount.replace(".", ",")
        cells = [found.id, row.when, row.account, row.title, row.document, amount, row.requester, row.people]
        cells += [row.place, row.state, row.outcome, found.reason or ""]
        writer.writerow(mark_text(sanitize_line(cell)) for cell in cells)
        if buffer.tell() > 32_768:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _describe_event(one: StoryEvent, language: Language) -> dict[str, str]:
    said: Message | str = EVENTS.get(one.event, one.event)
    return {
        "when": formats.format_date_time(one.at),
        "what": render(said, language),
        "operation": _name_operation(one.operation, language) if one.operation else "",
        "who": one.principal,
        "through": one.face,
        "approval": one.approval,
        "outcome": ""
        if one.outcome == one.event
        else sanitize_line(translate_outcome(one.outcome, language)),
    }


def _describe_proofs(story: Story, same: KnownIdentities, language: Language) -> list[dict[str, str]]:
    valid, invalid = message("The signature is valid"), message("The signature is not valid")
    return [
        {
            "person": one.signed.person,
            "also": "" if is_same_person(f"page:{one.signed.person}", shared, same) else shared,
            "passkey": one.signed.passkey,
            "approval": one.approval,
            "state": render(invalid if one.fault else valid, language),
            "tone": "bad" if one.fault else "good",
            "fault": one.fault,
        }
        for one in story.proofs
        for shared in [one.signed.shared_with]
    ]
