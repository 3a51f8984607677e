"""Judge whether a VAT exemption code fits a buyer; the rules are data with law and source."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from ix_tools.fiscal.buyers import BuyerKind
from ix_tools.fiscal.exemptions import Exemption
from ix_tools.fiscal.reference_data import read_table


class Verdict(StrEnum):
    """Judgement of a code: it fits, somebody is asked, or it can never be right."""

    FITS = "fits"
    ASK = "ask"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class BuyerRule:
    """Rule about the buyers that exemption codes fit."""

    name: str
    law: str
    fits: frozenset[BuyerKind]
    wrong: frozenset[BuyerKind]
    needs_en: str
    """Buyer, or sale, that the law requires."""
    needs_pt: str
    case_en: str
    """Lawful case that remains where the caller is asked."""
    case_pt: str
    reason: str
    """Reason for the judgement where more than one reading is possible; empty otherwise."""
    source: str
    read: date
    """Day on which the source was read."""

    def judge(self, buyer: BuyerKind) -> Verdict:
        """Judge a buyer: the caller is asked about every kind that the rule does not name."""
        if buyer in self.fits:
            return Verdict.FITS
        return Verdict.WRONG if buyer in self.wrong else Verdict.ASK


def find_buyer_rule(exemption: Exemption) -> BuyerRule | None:
    """Return the rule about the buyers of a code; None if it fits any buyer."""
    return _load_rules()[exemption.buyers] if exemption.buyers else None


def judge_buyer(exemption: Exemption, buyer: BuyerKind) -> Verdict:
    """Judge a code for a buyer."""
    rule = find_buyer_rule(exemption)
    return rule.judge(buyer) if rule is not None else Verdict.FITS


def judge_simplified_invoice(exemption: Exemption) -> Verdict:
    """Judge a code on a simplified invoice, whose tax must be due in Portugal (CIVA 40/1)."""
    return Verdict(exemption.simplified)


def judge_vat_on_other_lines(exemption: Exemption) -> Verdict:
    """Judge a code on a document with VAT on another line: issuers under some codes charge no VAT at all (CIVA 53)."""
    return Verdict.ASK if exemption.charges_no_vat else Verdict.FITS


def name_buyer(buyer: BuyerKind, language: Literal["pt", "en"]) -> str:
    """Return the words for a kind of buyer, to follow "the client is"."""
    names: dict[str, str] = _load_table()["kinds"][buyer]
    return names[language]


def list_buyer_rules() -> tuple[BuyerRule, ...]:
    """Return every rule of the table."""
    return tuple(_load_rules().values())


@cache
def _load_table() -> dict[str, Any]:
    return read_table("exemption_buyers.toml")


@cache
def _load_rules() -> dict[str, BuyerRule]:
    table = _load_table()
    return {
        row["name"]: BuyerRule(
            name=row["name"],
            law=row["law"],
            fits=frozenset(map(BuyerKind, row["fits"])),
            wrong=frozenset(map(BuyerKind, row["wrong"])),
            needs_en=row["needs_en"],
            needs_pt=row["needs_pt"],
            case_en=row["case_en"],
            case_pt=row["case_pt"],
            reason=row.get("reason", ""),
            source=row.get("source", table["source"]),
            read=row.get("read", table["as_of"]),
        )
        for row in table["rule"]
    }
