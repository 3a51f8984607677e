"""An approval as plain text: all of it, for a terminal and for what is kept; and so short that any form holds it.

Both begin with what decides, so that a dialog which shows three lines shows it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from ix_tools.approvals import rendering
from ix_tools.approvals.models import Approval
from ix_tools.approvals.preview import Deed, Paper, PaperLine, Sheet
from ix_tools.i18n import formats
from ix_tools.i18n.words import ACTIONS, LABELS, Language

LONGEST = 4000
"""Characters of a text that a form or a result holds."""
CUTS = (600, 300, 150, 80, 40)
"""Characters that are left of each text, tried until all of it fits."""
LARGEST, RATES, ROWS = 5, 8, 8
"""How many lines, VAT rates, warnings and differences a short text names."""

Cut = Callable[[str], str]


def whole(sheet: Sheet, language: Language) -> str:
    """Everything a person must see before saying yes."""
    return "\n".join(_written(sheet, language))


def short(sheet: Sheet, language: Language, command: str) -> str:
    """Everything, if it fits into a form; otherwise a summary that says which `command` shows the rest."""
    text = whole(sheet, language)
    if len(text) <= LONGEST:
        return text
    end = "\n\n" + LABELS["summarised"].in_(language).format(command=command)
    for most in CUTS:
        text = "\n".join(_written(sheet, language, most)) + end
        if len(text) <= LONGEST:
            return text
    return text[: LONGEST - len(end) - 1] + "…" + end


def held(approval: Approval, language: Language) -> str:
    """What a form or a result holds of an approval."""
    if len(approval.text) <= LONGEST or not approval.sheet:
        return approval.text[:LONGEST]
    sheet = Sheet.model_validate_json(approval.sheet)
    return short(sheet, language, f"ix-tools approvals show {approval.id}")


def head(sheet: Sheet, language: Language) -> Iterable[str]:
    """The three lines that decide: what, for whom and how much; what it leaves behind; in which account."""
    yield rendering.headline(sheet, language)
    yield ": ".join(rendering.consequences(sheet, language))
    account = rendering.labelled("account", rendering.issuer(sheet, language), language)
    yield f"{LABELS['sandbox'].in_(language)} {account}" if sheet.sandbox else account


def _written(sheet: Sheet, language: Language, most: int | None = None) -> Iterable[str]:
    """Line by line; with `most`, texts are cut to so many characters and of many things the first are named."""
    cut = _cut_to(most)
    rows = None if most is None else ROWS
    yield from head(sheet, language)
    if sheet.differences:
        yield from ("", f"{LABELS['differences'].in_(language)}:")
        asked, stored = LABELS["asked"].in_(language), LABELS["stored"].in_(language)
        told = (rendering.differing(one, language) for one in sheet.differences)
        said = [f"{field}: {asked} {cut(before)}, {stored} {cut(now)}" for field, before, now in told]
        yield from _first(said, rows, language)
    if sheet.warnings:
        yield from ("", f"{LABELS['warnings'].in_(language)}:")
        yield from _first([cut(rendering.warned(one, language)) for one in sheet.warnings], rows, language)
    yield ""
    yield from _deed(sheet, sheet, language, cut)
    if sheet.paper is not None:
        yield from _paper(sheet.paper, language, cut, is_short=most is not None)
    elif sheet.client is not None:
        yield from _told(rendering.client_told(sheet.client, language), language, cut)
    for then in sheet.then:
        yield from ("", f"{LABELS['then'].in_(language)}: {ACTIONS[then.action].title.in_(language)}")
        yield from (f"  {line}" for line in _deed(then, sheet, language, cut))


def _deed(deed: Deed, sheet: Sheet, language: Language, cut: Cut) -> Iterable[str]:
    currency = sheet.paper.currency if sheet.paper else ""
    if deed.recipient:
        yield rendering.labelled("recipient", deed.recipient, language)
    for entry in deed.told:
        yield rendering.labelled(entry.label, cut(rendering.value(entry, language, currency)), language)


def _paper(paper: Paper, language: Language, cut: Cut, *, is_short: bool) -> Iterable[str]:
    yield from _told(rendering.client_told(paper.client, language), language, cut)
    yield from _told(rendering.paper_told(paper, language), language, cut)
    yield from _told(rendering.printed_told(paper), language, cut)
    if paper.lines and is_short and len(paper.lines) > LARGEST:
        largest = sorted(paper.lines, key=lambda line: line.net or 0, reverse=True)[:LARGEST]
        shown = {"shown": len(largest), "all": len(paper.lines)}
        yield f"{LABELS['largest_lines'].in_(language).format(**shown)}:"
        yield from (f"  {_line(line, paper.currency, language, cut)}" for line in largest)
    elif paper.lines:
        yield f"{LABELS['lines'].in_(language)} ({len(paper.lines)}):"
        for line in paper.lines:
            yield f"  {_line(line, paper.currency, language, cut)}"
            if line.description:
                yield from (f"    {text}" for text in _few(line.description, cut, is_short=is_short))
    if paper.shares:
        yield f"{LABELS['vat'].in_(language)}:"
        base, taxed = LABELS["base"].in_(language), LABELS["tax"].in_(language)
        said = [
            f"{cut(rendering.share_named(share, language))}: "
            f"{base} {formats.money(share.net, language, paper.currency)}, "
            f"{taxed} {formats.money(share.vat, language, paper.currency)}"
            for share in paper.shares
        ]
        yield from _first(said, RATES if is_short else None, language)
    for one in paper.column:
        yield f"{rendering.amount_named(one, language)}: {formats.money(one.value, language, paper.currency)}"


def _line(line: PaperLine, currency: str, language: Language, cut: Cut) -> str:
    text = f"{cut(line.name)}: {rendering.times(line, language, currency)}"
    if line.tax:
        net, tax = formats.money(line.net, language, currency), rendering.tax(line.tax, line.rate, language)
        return f"{text} = {net} ({tax})"
    return f"{text} = {formats.money(line.net, language, currency)}" if line.net else text


def _told(told: Iterable[rendering.Told], language: Language, cut: Cut) -> Iterable[str]:
    for label, said in told:
        text = formats.day(said, language) if isinstance(said, date) else said
        yield rendering.labelled(label, cut(text if isinstance(text, str) else " ".join(text)), language)


def _few(texts: Sequence[str], cut: Cut, *, is_short: bool) -> Sequence[str]:
    return (cut(" ".join(texts)),) if is_short else texts


def _first(said: Sequence[str], many: int | None, language: Language) -> Iterable[str]:
    """The first of many, and how many there are besides."""
    yield from (f"  {one}" for one in said[:many])
    if many is not None and len(said) > many:
        yield f"  … {LABELS['more'].in_(language).format(count=len(said) - many)}"


def _cut_to(most: int | None) -> Cut:
    def cut(text: str) -> str:
        return text if most is None or len(text) <= most else f"{text[: most - 1].rstrip()}…"

    return cut
