"""The exemption table is the vendor's list plus four codes with a reason each, and every date has two sides."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ix_tools.fiscal.exemptions import (
    REMOVAL_MARKER,
    Exemption,
    find_exemption,
    get_list_date,
    get_table_date,
    get_table_source,
    is_in_force,
    list_exemptions,
    search_exemptions,
)
from tests.harness import Harness
from tests.rows import every_row

VENDOR: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vendor" / "exemption_codes.json").read_text(encoding="utf-8")
)
CURRENT = {row["code"]: row for row in VENDOR["current"]}
OLDER = set(VENDOR["older"])

KEPT_THOUGH_NOT_OFFERED = {
    "M03": "ended with 2022; needed to read and explain older documents",
    "M08": "ended with 2022, split into M30 and those after it; needed to read older documents",
    "M26": "the food basket of 2023; only for credit notes to documents of that time",
    "M34": "in the tax authority's table, never in the vendor's list",
    "M35": "in the tax authority's table of June 2026, not in the vendor's list of July 2026",
}
NEW_SINCE_THE_OLDER_LIST = {
    "M19", "M20", "M21", "M25", "M30", "M31", "M32", "M33", "M40", "M41", "M42", "M43", "M44", "M45", "M46",
}  # fmt: skip


def entry(code: str) -> Exemption:
    found = find_exemption(code)
    assert found
    return found


def spelled(text: str) -> str:
    return text.replace("°", "º").replace(" - ", " – ").replace("n.º2", "n.º 2")


def numbers(law: str) -> set[str]:
    return set(re.findall(r"\d+", law))


def test_what_is_offered_is_the_vendors_list_no_more_and_no_less() -> None:
    assert {each.code for each in list_exemptions() if each.offered} == set(CURRENT)


def test_what_is_not_offered_is_kept_for_a_reason() -> None:
    assert {each.code for each in list_exemptions() if not each.offered} == set(KEPT_THOUGH_NOT_OFFERED)


def test_the_older_list_differs_by_two_ended_codes_and_the_newer_ones() -> None:
    assert OLDER - set(CURRENT) == {"M03", "M08"}
    assert set(CURRENT) - OLDER == NEW_SINCE_THE_OLDER_LIST


@every_row("code", sorted(CURRENT))
def test_the_printed_wording_is_the_vendors_with_portuguese_spelling(code: str) -> None:
    assert entry(code).text_pt == spelled(CURRENT[code]["text"])


@every_row("code", sorted(CURRENT))
def test_the_law_cited_is_the_one_the_vendor_cites(code: str) -> None:
    if code == "M10":  # the vendor cites the article of the wording, the tax authority that of the exemption
        assert entry(code).law == "Artigo 53.º, n.º 1 do CIVA"
        return
    ours, theirs = numbers(entry(code).law), numbers(CURRENT[code]["law"])
    explained_at_length = {"M44", "M45", "M46"}  # the vendor adds instructions with numbers of their own
    assert ours <= theirs if code in explained_at_length else ours == theirs


def test_the_four_reverse_charge_points_of_article_2_are_told_apart() -> None:
    points = {code: entry(code).law.split("alínea ")[1][:2] for code in ("M30", "M31", "M32", "M33", "M34")}
    assert points == {"M30": "i)", "M31": "j)", "M32": "l)", "M33": "m)", "M34": "n)"}


def test_the_table_is_in_code_order_without_the_removal_marker() -> None:
    codes = [each.code for each in list_exemptions()]
    assert codes == sorted(set(codes))
    assert REMOVAL_MARKER == VENDOR["removal_marker"] == "M00"
    assert REMOVAL_MARKER not in codes


@every_row("near", ["m07", " M07", "M7", "07", "M00", "M17", "M100", ""])
def test_only_an_exact_code_finds_an_entry(near: str) -> None:
    assert find_exemption(near) is None


@every_row("each", list_exemptions())
def test_every_entry_is_told_in_both_languages_with_its_source(each: Exemption) -> None:
    assert re.fullmatch(r"M\d\d", each.code)
    assert each.text_pt
    assert each.text_en
    assert each.law
    assert each.source
    assert bool(each.note_pt) == bool(each.note_en)
    assert bool(each.about_pt) == bool(each.about_en)
    assert "°" not in each.text_pt + each.law + each.note_pt  # the degree sign is not the ordinal


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("M03", date(2022, 12, 31), True),
        ("M03", date(2023, 1, 1), False),
        ("M08", date(2022, 12, 31), True),
        ("M08", date(2023, 1, 1), False),
        ("M30", date(2022, 12, 31), False),
        ("M30", date(2023, 1, 1), True),
        ("M26", date(2023, 4, 17), False),
        ("M26", date(2023, 4, 18), True),
        ("M26", date(2024, 1, 4), True),
        ("M26", date(2024, 1, 5), False),
        ("M34", date(2023, 4, 13), False),
        ("M34", date(2023, 4, 14), True),
        ("M35", date(2026, 6, 30), False),
        ("M35", date(2026, 7, 1), True),
        ("M44", date(2025, 8, 13), False),
        ("M44", date(2025, 8, 14), True),
        ("M45", date(2025, 8, 13), False),
        ("M46", date(2025, 8, 14), True),
        ("M07", date(1990, 1, 1), True),
        ("M99", date(2099, 1, 1), True),
    ],
)
def test_a_code_is_in_force_between_its_days_both_included(code: str, day: date, expected: bool) -> None:
    assert is_in_force(entry(code), day) is expected


def test_codes_that_one_version_of_the_table_added_begin_together() -> None:
    """AT tables of June 2022, V2.0 of 2023-04-14, V3.0 of 2025-08-14 and V4.0 of 2026-06-18."""
    begun: dict[date, set[str]] = {}
    for each in list_exemptions():
        if each.valid_from is not None:
            begun.setdefault(each.valid_from, set()).add(each.code)
    assert begun == {
        date(2023, 1, 1): {"M19", "M21", "M25", "M30", "M31", "M32", "M33", "M40", "M41", "M42", "M43"},
        date(2023, 4, 14): {"M34"},
        date(2023, 4, 18): {"M26"},
        date(2025, 8, 14): {"M44", "M45", "M46"},
        date(2026, 7, 1): {"M35"},
    }


def test_m31_names_the_code_that_took_over_the_works_at_6_percent() -> None:
    """DL 97/2026; AT table V4.0."""
    assert "M35" in entry("M31").note_pt
    assert "97/2026" in entry("M31").note_en
    assert "97/2026" in entry("M35").law


def test_m45_names_the_law_that_made_the_scheme_and_not_only_the_one_that_authorised_it() -> None:
    assert "35/2025" in entry("M45").note_pt
    assert "35/2025" in entry("M45").note_en


@every_row("code", ["M03", "M08", "M26", "M31", "M34", "M35", "M99"])
def test_a_code_with_a_trap_says_so(code: str) -> None:
    assert entry(code).note_pt
    assert entry(code).note_en


def test_the_successors_of_m08_exist_and_begin_the_day_after_it_ends() -> None:
    named = re.findall(r"M\d\d", entry("M08").note_pt)
    assert named == ["M30", "M31", "M32", "M33", "M40", "M41", "M42", "M43"]
    assert {entry(code).valid_from for code in named} == {date(2023, 1, 1)}


def test_the_table_names_its_source_and_day() -> None:
    assert "V4.0" in get_table_source()
    assert get_table_date() == date(2026, 11, 29)
    assert get_list_date() == date(2026, 7, 7)


def search_codes(text: str) -> list[str]:
    """The codes in force today for a text; ended ones would answer to words of M08."""
    return [each.code for each in search_exemptions(text) if is_in_force(each, date(2026, 11, 20))]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("artigo 9", ["M07"]),
        ("artigo 9.º", ["M07"]),
        ("Art. 9º do CIVA", ["M07"]),
        ("article 9", ["M07"]),
        ("artigo 19", []),
        ("artigo 99", []),
        ("19 junho", ["M02"]),
        ("IVA artigo 59-D", ["M20"]),
        ("artigo 53", ["M10"]),
        ("artigo 5", []),
        ("artigo 14", ["M05", "M16"]),
        ("artigo 14 RITI", ["M16"]),
        ("art. 2.º n.º 1 al. j)", ["M31", "M35"]),
        ("art. 2.º n.º 1 al. i)", ["M30"]),
        ("DL 198/90", ["M02"]),
        ("DL 198/91", []),
        ("M07", ["M07"]),
        ("m07", ["M07"]),
        ("M7", []),
        ("M0", []),
    ],
)
def test_a_law_is_found_by_its_numbers_whole(text: str, codes: list[str]) -> None:
    """9 is 9.º, and neither 19 nor 59.º nor 198/90."""
    assert search_codes(text) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("formação profissional", ["M07"]),
        ("FORMACAO", ["M07"]),
        ("forma", ["M07"]),
        ("ens", []),
        ("informação", []),
        ("saúde", ["M07"]),
        ("médico", ["M07"]),
        ("ensino", ["M07"]),
        ("seguros", ["M07"]),
        ("operações financeiras", ["M07"]),
        ("locação de imóveis", ["M07", "M42"]),
        ("arrendamento", ["M07"]),
        ("training", ["M07"]),
        ("pequenos negócios", ["M10"]),
        ("regime de isenção", ["M10", "M45"]),
        ("exportação", ["M02", "M05"]),
        ("transmissões intracomunitárias de bens", ["M16"]),
        ("serviços B2B", ["M40"]),
        ("serviços a empresas de outro país", ["M40"]),
        ("construção civil", ["M31", "M35"]),
        ("sucata", ["M30"]),
        ("arte", ["M14"]),
        ("consultoria", []),
        ("construção de sucata", ["M30", "M31", "M35"]),
        ("???", []),
    ],
)
def test_a_code_is_found_by_what_it_is_used_for(text: str, codes: list[str]) -> None:
    """Codes with every word come alone; otherwise those that share words, without endings, case and accents."""
    assert search_codes(text) == codes


def test_what_people_say_finds_the_code_among_the_first_three() -> None:
    """The phrases were written before the words that find them."""
    phrases = json.loads((Path(__file__).parent / "exemption_phrases.json").read_text(encoding="utf-8"))
    missed = [
        (text, search_codes(text)[:3]) for text, meant in phrases if not {*search_codes(text)[:3]} & {*meant}
    ]
    assert len(phrases) >= 30
    assert len(missed) <= 0.05 * len(phrases), missed


@every_row("text", ["bom dia", "cadeira de escritório", "artigo 9 medicina dentária do Porto"])
def test_a_text_about_something_else_finds_no_code(text: str) -> None:
    assert search_codes(text) == []


def test_what_a_note_only_contrasts_is_not_found() -> None:
    """M99's note says that it is not the code of the small-business scheme; M09's names M21."""
    assert "regime de isenção" in entry("M99").note_pt
    assert "M99" not in search_codes("regime de isenção")
    assert search_codes("M21") == ["M21"]


async def test_what_a_code_is_about_is_shown_of_codes_that_were_searched_for(harness: Harness) -> None:
    """The whole table stays small."""
    searched = (await harness.call("lookup_exemption_codes", {"text": "formação"}))["codes"]
    assert [row["code"] for row in searched] == ["M07"]
    assert "formação profissional" in searched[0]["about"]
    english = await harness.call("lookup_exemption_codes", {"code": "M07", "language": "en"})
    assert "vocational training" in english["codes"][0]["about"]
    everything = (await harness.call("lookup_exemption_codes", {"all": True}))["codes"]
    assert [row for row in everything if "about" in row] == []
