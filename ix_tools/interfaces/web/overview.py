"""The overview: what was issued, what is open, what waits, over all accounts that a person may see; only the store is read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from ix_tools.api_client.client import account_name
from ix_tools.domain.date_types import lisbon_now
from ix_tools.fiscal.vat_rates import name_region
from ix_tools.i18n import formats
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import load_message, render
from ix_tools.interfaces.web import overview_texts as texts
from ix_tools.interfaces.web.history import MONTH
from ix_tools.interfaces.web.listed_documents import show_document
from ix_tools.interfaces.web.overview_figures import (
    CurrencyView,
    combine,
    format_month,
    view_currencies,
)
from ix_tools.interfaces.web.page_templates import format_near_moment, render_template
from ix_tools.interfaces.web.requests import build_headers
from ix_tools.interfaces.web.visitors import INBOX, InboxServices, Visitor, VisitorGuard
from ix_tools.storage.figure_readings import list_months
from ix_tools.storage.figure_sums import AccountFigures, Age, FigureSums, Rate, Selection
from ix_tools.storage.figures import DRAFTS, MONTH_END, OPEN

PATH = f"{INBOX}/overview"
LISTS = ("issued", "open", "drafts", "differences")
AGE_CHOICES: Mapping[str, Age] = {one: one for one in get_args(Age)}


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with the way to its documents."""

    label: str
    value: str
    note: str
    path: str
    tone: str = ""


class OverviewPages:
    """The overview and the documents behind each of its figures."""

    def __init__(self, services: InboxServices, guard: VisitorGuard) -> None:
        """Keep the parts."""
        self._services, self._guard = services, guard
        self._sums = FigureSums(services.store)

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        shown = self._guard.wrap_page
        return [
            Route(PATH, shown(self._show), methods=["GET"]),
            Route(f"{PATH}/documents", shown(self._list), methods=["GET"]),
        ]

    def _show(self, visitor: Visitor) -> Response:
        language, today = visitor.language, lisbon_now().date()
        labels = self._label_accounts(visitor)
        chosen = self._choose_account(visitor, labels)
        accounts = [name for name, label in labels.items() if chosen in ("", label)]
        months = list_months(today)
        now = self._services.approvals.clock()
        found = self._sums.load(accounts, months[-1], today, now)
        views = view_currencies(combine(found.values()), months, language, chosen)
        shown = render_template(
            "overview.html",
            language,
            words=texts.translate_words(language),
            menu=self._guard.build_menu(visitor, "overview", f"account={chosen}&" if chosen else ""),
            accounts=sorted(labels.values()),
            chosen=chosen,
            sandbox=self._services.settings.sandbox,
            as_of=_describe_age(found.values(), months, now, language),
            notices=[
                *_list_notices(found, labels, months, language, sandbox=self._services.settings.sandbox)
            ],
            tiles=_build_tiles(found.values(), views, chosen, language),
            views=views,
            checks=[*_list_checks(found, labels, language)],
            rows=[*self._list_accounts(found, labels, months, language)] if len(found) > 1 else [],
        )
        return HTMLResponse(shown, 200, build_headers())

    def _list(self, visitor: Visitor) -> Response:
        language, today = visitor.language, lisbon_now().date()
        labels = self._label_accounts(visitor)
        chosen = self._choose_account(visitor, labels)
        given = visitor.request.query_params
        wanted = _read_selection(given, [name for name, label in labels.items() if chosen in ("", label)])
        rows, next_key = self._sums.list_documents(wanted, today, given.get("after", "")[:400])
        names = ("what", "month", "rate", "age", "currency")
        query = urlencode({"account": chosen, **{name: given.get(name, "")[:300] for name in names}})
        shown = render_template(
            "overview_documents.html",
            language,
            words=texts.translate_words(language),
            menu=self._guard.build_menu(visitor, "", f"{query}&"),
            heading=_name_selection(wanted, language),
            detail=" · ".join(filter(None, [_name_rate(wanted.rate, language), chosen])),
            rows=[show_document(one, labels, language) for one in rows],
            several=len(wanted.accounts) > 1,
            is_open=wanted.what == "open",
            back=f"{PATH}?{urlencode({'account': chosen, 'lang': language})}",
            query=query,
            next_key=next_key,
            is_first=not given.get("after"),
        )
        return HTMLResponse(shown, 200, build_headers())

    # --- internals ---

    def _label_accounts(self, visitor: Visitor) -> dict[str, str]:
        """Return the names in the settings of the accounts that a person sees, by the names in the store."""
        known = self._services.settings.by_account()
        return {account_name(one): label for label, one in known.items() if visitor.person.may_see(label)}

    def _choose_account(self, visitor: Visitor, labels: Mapping[str, str]) -> str:
        given = visitor.request.query_params.get("account", "")
        return given if given in labels.values() else ""

    def _list_accounts(
        self,
        found: Mapping[str, AccountFigures],
        labels: Mapping[str, str],
        months: Sequence[str],
        language: Language,
    ) -> Iterable[dict[str, Any]]:
        for account, figures in sorted(found.items(), key=lambda one: labels[one[0]]):
            views = view_currencies(combine([figures]), months, language, labels[account])
            company = self._services.companies.find(account)
            yield {
                "label": labels[account],
                "company": company.name if company is not None else "",
                "path": f"{PATH}?{urlencode({'account': labels[account], 'lang': language})}",
                "issued": views[0].this_month.net if views else "–",
                "open": views[0].open_total if views else "–",
                "overdue": views[0].overdue_total if views else "–",
                "waiting": figures.waiting,
                "drafts": figures.drafts,
                "age": _describe_age([figures], months, self._services.approvals.clock(), language),
            }


def build_documents_path(language: Language, account: str, what: str, **more: str) -> str:
    """Build the address of the documents behind a figure."""
    return f"{PATH}/documents?{urlencode({'lang': language, 'account': account, 'what': what, **more})}"


def _find_age(figures: AccountFigures, months: Sequence[str]) -> float:
    """Return when the oldest of what a page shows first was read; 0 if something of it never was."""
    parts = (*months[:2], OPEN, DRAFTS)
    return min(figures.readings[part].read_at if part in figures.readings else 0.0 for part in parts)


def _describe_age(
    found: Iterable[AccountFigures], months: Sequence[str], now: float, language: Language
) -> str:
    """Return when the oldest of what a page shows first was read; empty if no account was read."""
    times = [at for one in found if (at := _find_age(one, months))]
    if not times:
        return ""
    return render(texts.AS_OF.fill(when=format_near_moment(min(times), now, language)), language)


def _list_notices(
    found: Mapping[str, AccountFigures],
    labels: Mapping[str, str],
    months: Sequence[str],
    language: Language,
    *,
    sandbox: bool,
) -> Iterable[str]:
    for account, figures in found.items():
        before = f"{labels[account]}: " if len(found) > 1 else ""
        read = [part for part in months if part in figures.readings and figures.readings[part].read_at]
        if not _find_age(figures, months):
            yield before + render(texts.WORDS["empty"], language)
        elif len(read) < len(months):
            yield before + render(texts.READ_PROGRESS.fill(read=len(read), all=len(months)), language)
        elif not figures.currencies and not figures.drafts:
            yield before + render(texts.SANDBOX_BEGINS_EMPTY if sandbox else texts.NOTHING_YET, language)
        for part, one in figures.readings.items():
            if one.problem and (part in texts.PART_NAMES or part in months):
                name = texts.PART_NAMES.get(part)
                shown = render(name, language) if name else format_month(part, language)
                yield before + render(texts.SAYS_NOT_READ.fill(part=shown, code=one.problem), language)


def _build_tiles(
    found: Iterable[AccountFigures], views: Sequence[CurrencyView], chosen: str, language: Language
) -> list[Tile]:
    every = list(found)
    tiles = []
    if views:
        main = views[0]
        for month in (main.this_month, main.last_month):
            label = render(texts.ISSUED_IN.fill(month=month.name), language)
            tiles.append(Tile(label, month.net, month.count, month.path))
        note = (
            f"{render(texts.WORDS['overdue_of_it'], language)} {main.overdue_total}"
            if main.is_overdue
            else ""
        )
        path = build_documents_path(language, chosen, "open", currency=main.currency)
        label = render(texts.WORDS["to_receive"], language)
        tiles.append(Tile(label, main.open_total, note, path, "warn" if main.is_overdue else ""))
    for name, path in (
        ("waiting", f"{INBOX}?lang={language}"),
        ("drafts", build_documents_path(language, chosen, "drafts")),
        ("differences", build_documents_path(language, chosen, "differences")),
    ):
        count = sum(getattr(one, name) for one in every)
        tone = "bad" if name == "differences" and count else ""
        tiles.append(Tile(render(texts.WORDS[name], language), str(count), "", path, tone))
    return tiles


def _list_checks(
    found: Mapping[str, AccountFigures], labels: Mapping[str, str], language: Language
) -> Iterable[dict[str, Any]]:
    """Yield the month-end check of each account."""
    for account, figures in found.items():
        reading = figures.readings.get(MONTH_END)
        content = reading.content if reading is not None else None
        if content is None:
            continue
        findings = [
            {"what": render(load_message(one["what"]), language), "count": one["count"]}
            for one in content["findings"]
        ]
        day = formats.format_date(date.fromisoformat(content["saft_due"]), language)
        yield {
            "account": labels[account] if len(found) > 1 else "",
            "month": format_month(content["period"], language),
            "ready": content["ready"],
            "count": render(texts.count_findings(len(findings)), language),
            "findings": findings,
            "due": render(texts.DUE_BY.fill(day=day), language),
        }


def _read_selection(given: Mapping[str, str], accounts: Sequence[str]) -> Selection:
    """Return the documents that an address names; what is not known narrows nothing."""
    what = given.get("what", "")
    month = given.get("month", "")
    parts = given.get("rate", "").split("|")
    return Selection(
        accounts=tuple(accounts),
        what=what if what in LISTS else "issued",  # type: ignore[arg-type]
        month=month if MONTH.fullmatch(month) else "",
        rate=(parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 else None,
        age=AGE_CHOICES.get(given.get("age", "")),
        currency=given.get("currency") if "currency" in given else None,
    )


def _name_selection(wanted: Selection, language: Language) -> str:
    if wanted.what == "open":
        name = render(texts.WORDS["to_receive"], language)
        return f"{name}: {render(texts.AGE_NAMES[wanted.age], language).lower()}" if wanted.age else name
    if wanted.what != "issued":
        return render(texts.WORDS[wanted.what], language)
    if not wanted.month:
        return render(texts.WORDS["issued"], language)
    template = texts.VAT_IN if wanted.rate is not None else texts.ISSUED_IN
    return render(template.fill(month=format_month(wanted.month, language)), language)


def _name_rate(rate: Rate | None, language: Language) -> str:
    if rate is None:
        return ""
    region, tax, percent, exemption = rate
    if not percent:
        return render(LABELS[tax], language) if tax in LABELS else tax
    return " · ".join(filter(None, [tax, render(name_region(region), language), exemption]))
