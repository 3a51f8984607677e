"""Generate docs/reference/exemptions.md: which client each VAT exemption code fits, with its law, dates and source."""

from datetime import date

from ix_tools.fiscal.buyers import BuyerKind
from ix_tools.fiscal.exemption_buyers import (
    Verdict,
    find_buyer_rule,
    judge_buyer,
    list_buyer_rules,
    name_buyer,
)
from ix_tools.fiscal.exemptions import Exemption, get_table_date, get_table_source, list_exemptions
from tools.docs.markdown import NOTE, render_table

SIGNS = {Verdict.FITS: "fits", Verdict.ASK: "asked", Verdict.WRONG: "refused"}


def render_exemptions() -> str:
    """Render the page: the codes by client, then the law, the dates and the source of each code."""
    return "\n".join(
        [
            "# Which client an exemption code fits",
            "",
            NOTE,
            "",
            "For accountants and for whoever checks a refusal. You need the client's country and tax number. In the end you know which",
            "codes fit.",
            "",
            "A code is judged by the client's country and tax number, on drafts, on",
            "`issue_invoice`, when a document is finalized, and on notes. *fits*: nothing is said. *asked*: a lawful case remains, so the",
            "caller repeats the call with the word that the refusal names, and whoever approves the document reads it. *refused*: it can",
            "never be right on an invoice; on estimates and guides it is asked about, since the client's number may still come.",
            "",
            f"Table of codes: {get_table_source()}, read {get_table_date()}. What was sold, and where it went, only the issuer knows.",
            "",
            "## Codes and clients",
            "",
            render_table(
                ("Code", *(_name(kind) for kind in BuyerKind)), [_judge(one) for one in list_exemptions()]
            ),
            "",
            "## Laws, dates and sources",
            "",
            render_table(
                ("Code", "Law", "In force", "Required client", "Source, read"),
                [_describe(one) for one in list_exemptions()],
            ),
            "",
            "## Where more than one reading is possible",
            "",
            render_table(("Codes", "Law", "Our reading"), _list_reasons()),
            "",
        ]
    )


def _name(kind: BuyerKind) -> str:
    return name_buyer(kind, "en")


def _judge(exemption: Exemption) -> tuple[str, ...]:
    return (exemption.code, *(SIGNS[judge_buyer(exemption, kind)] for kind in BuyerKind))


def _describe(exemption: Exemption) -> tuple[str, ...]:
    rule = find_buyer_rule(exemption)
    return (
        exemption.code,
        exemption.law,
        _format_span(exemption.valid_from, exemption.valid_until),
        rule.needs_en if rule is not None else "any",
        f"{exemption.source}, {exemption.read}",
    )


def _list_reasons() -> list[tuple[str, ...]]:
    return [
        (
            ", ".join(code.code for code in list_exemptions() if code.buyers == rule.name),
            rule.law,
            rule.reason,
        )
        for rule in list_buyer_rules()
        if rule.reason
    ]


def _format_span(first: date | None, last: date | None) -> str:
    return f"{first or ''} – {last or ''}".strip()
