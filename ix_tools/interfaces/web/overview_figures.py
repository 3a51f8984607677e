"""The figures of an overview as a page shows them: formatted, with the sizes of their bars and the way to their documents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from babel.dates import format_date

from ix_tools.fiscal.vat_rates import name_region
from ix_tools.i18n import formats
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import MessageTemplate, render
from ix_tools.interfaces.web import overview_texts as texts
from ix_tools.interfaces.web.visitors import INBOX
from ix_tools.storage.figure_sums import AGES, AccountFigures, CurrencyFigures, Rate, Sums

EURO = "Euro"
"""InvoiceXpress's name of the account's own currency."""
NOTHING = Sums()


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month's documents."""

    name: str
    short: str
    net: str
    vat: str
    total: str
    documents: int
    count: str
    path: str
    height: str
    """Share of the picture's height, in percent."""
    top: str
    is_running: bool
    is_shown: bool
    """Whether there is a bar."""


@dataclass(frozen=True, slots=True)
class BarView:
    """A bar on a rail, with its amounts."""

    name: str
    detail: str
    amount: str
    documents: int
    width: str
    path: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class RateView:
    """A VAT rate in two months."""

    name: str
    detail: str
    width: str
    months: tuple[tuple[str, str, str], ...]
    """Net, VAT and the way to the documents of the running and the last month."""


@dataclass(frozen=True, slots=True)
class CurrencyView:
    """The figures in one currency."""

    currency: str
    is_main: bool
    months: tuple[MonthView, ...]
    """The oldest first."""
    baseline: str
    """Where the zero of the picture is, in percent from its top."""
    months_text: str
    ages: tuple[BarView, ...]
    ages_text: str
    open_total: str
    overdue_total: str
    is_overdue: bool
    rates: tuple[RateView, ...]
    vat_totals: tuple[tuple[str, str], ...]

    @property
    def this_month(self) -> MonthView:
        return self.months[-1]

    @property
    def last_month(self) -> MonthView:
        return self.months[-2]


def combine(found: Iterable[AccountFigures]) -> dict[str, CurrencyFigures]:
    """Add up the figures of several accounts, by currency."""
    sums: dict[str, CurrencyFigures] = {}
    for one in found:
        for currency, figures in one.currencies.items():
            known = sums.setdefault(currency, CurrencyFigures())
            for month, amount in figures.months.items():
                known.months[month] = known.months.get(month, NOTHING) + amount
            for month, rates in figures.rates.items():
                kept = known.rates.setdefault(month, {})
                for rate, amount in rates.items():
                    kept[rate] = kept.get(rate, NOTHING) + amount
            for age, amount in figures.open.items():
                known.open[age] = known.open.get(age, NOTHING) + amount
    return sums


def view_currencies(
    sums: Mapping[str, CurrencyFigures], months: Sequence[str], language: Language, account: str
) -> list[CurrencyView]:
    """Return the figures by currency, euros first; they are never added up over currencies."""
    names = sorted({*sums, EURO}, key=lambda one: (one != EURO, one))
    return [
        _CurrencyViews(sums.get(one, CurrencyFigures()), one, months, language, account).build()
        for one in names
    ]


def format_month(month: str, language: Language, width: str = "LLLL y") -> str:
    """Format a month such as 2026-11 in words."""
    first = date(int(month[:4]), int(month[5:]), 1)
    return format_date(first, width, locale=formats.LOCALES[language])


class _CurrencyViews:
    def __init__(
        self, figures: CurrencyFigures, currency: str, months: Sequence[str], language: Language, account: str
    ) -> None:
        self._figures, self._currency, self._months = figures, currency, months
        self._language: Language = language
        self._account = account

    def build(self) -> CurrencyView:
        months, baseline = self._view_months()
        ages = self._view_ages()
        open_sums = self._figures.open
        whole = sum((one.total for one in open_sums.values()), Decimal(0))
        overdue = sum((one.total for age, one in open_sums.items() if age != AGES[0]), Decimal(0))
        return CurrencyView(
            currency=self._currency,
            is_main=self._currency == EURO,
            months=months,
            baseline=baseline,
            months_text=self._describe(
                texts.BARS_OF, [(one.name, one.net) for one in months if one.documents]
            ),
            ages=ages,
            ages_text=self._describe(texts.AGES_OF, [(one.name, one.amount) for one in ages]),
            open_total=self._show(whole),
            overdue_total=self._show(overdue),
            is_overdue=bool(overdue),
            rates=self._view_rates(),
            vat_totals=tuple(
                (self._show(one.net), self._show(one.vat))
                for one in (self._figures.months.get(month, NOTHING) for month in self._months[:2])
            ),
        )

    def _view_months(self) -> tuple[tuple[MonthView, ...], str]:
        sums = [(month, self._figures.months.get(month, NOTHING)) for month in reversed(self._months)]
        most = max(Decimal(0), *(one.net for _, one in sums))
        least = min(Decimal(0), *(one.net for _, one in sums))
        span = most - least or Decimal(1)
        views = []
        for month, one in sums:
            views.append(
                MonthView(
                    name=format_month(month, self._language),
                    short=format_month(month, self._language, "LLL").rstrip(".")[:3],
                    net=self._show(one.net),
                    vat=self._show(one.vat),
                    total=self._show(one.total),
                    documents=one.documents,
                    count=render(texts.count_documents(one.documents), self._language),
                    path=self._link("issued", month=month),
                    height=_percent(abs(one.net) / span),
                    top=_percent((most - max(one.net, Decimal(0))) / span),
                    is_running=month == self._months[0],
                    is_shown=bool(one.net),
                )
            )
        return tuple(views), _percent(most / span)

    def _view_ages(self) -> tuple[BarView, ...]:
        most = max((one.total for one in self._figures.open.values()), default=Decimal(1))
        views = []
        for age in AGES:
            one = self._figures.open.get(age, NOTHING)
            views.append(
                BarView(
                    name=render(texts.AGE_NAMES[age], self._language),
                    detail=render(texts.count_documents(one.documents), self._language),
                    amount=self._show(one.total),
                    documents=one.documents,
                    width=_percent(one.total / most),
                    path=self._link("open", age=age),
                    tone="" if age == AGES[0] else "late",
                )
            )
        return tuple(views)

    def _view_rates(self) -> tuple[RateView, ...]:
        both = [self._figures.rates.get(month, {}) for month in self._months[:2]]
        rates = sorted({*both[0], *both[1]}, key=_rank_rate)
        most = max((abs(one.vat) for found in both for one in found.values()), default=Decimal(0)) or Decimal(
            1
        )
        views = []
        for rate in rates:
            name, detail = self._name_rate(rate)
            sums = [found.get(rate, NOTHING) for found in both]
            views.append(
                RateView(
                    name=name,
                    detail=detail,
                    width=_percent(abs(sums[0].vat) / most),
                    months=tuple(
                        (
                            self._show(one.net),
                            self._show(one.vat),
                            self._link("issued", month=month, rate="|".join(rate)),
                        )
                        for month, one in zip(self._months[:2], sums, strict=True)
                    ),
                )
            )
        return tuple(views)

    def _name_rate(self, rate: Rate) -> tuple[str, str]:
        region, tax, percent, exemption = rate
        if not percent:
            return render(LABELS[tax], self._language) if tax in LABELS else tax, ""
        shown = formats.format_percent(Decimal(percent), self._language) if percent != "?" else "?"
        return tax, " · ".join(filter(None, [shown, render(name_region(region), self._language), exemption]))

    def _describe(self, template: MessageTemplate, bars: Sequence[tuple[str, str]]) -> str:
        shown = "; ".join(
            render(texts.BAR.fill(name=name, amount=amount), self._language) for name, amount in bars
        )
        return render(template.fill(bars=shown or "–"), self._language)

    def _show(self, amount: Decimal) -> str:
        return formats.format_money(amount, self._language, self._currency)

    def _link(self, what: str, **more: str) -> str:
        given = {"lang": self._language, "account": self._account, "what": what, "currency": self._currency}
        return f"{INBOX}/overview/documents?{urlencode({**given, **more})}"


def _percent(share: Decimal) -> str:
    return f"{share * 100:.2f}%"


def _rank_rate(rate: Rate) -> tuple[bool, str, Decimal, Rate]:
    """Order rates by region and the highest first; roundings last."""
    percent = Decimal(rate[2]) if rate[2] not in {"", "?"} else Decimal(0)
    return rate[2] == "", rate[0], -percent, rate
