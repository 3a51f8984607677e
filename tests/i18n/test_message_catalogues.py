"""The gate's check of the message catalogues: what it refuses, and what it lets through."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tools import messages as catalogues


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('message(f"due {day}")', "must be written out"),
        ("message(text)", "must be written out"),
        ('message("due {day}")', "placeholders are ['day'], values are []"),
        ('message("due", day=1)', "placeholders are [], values are ['day']"),
        ('message_plural("one line", count=2)', "must be written out"),
        ('message("due {day}", day=1)', ""),
        ('message("due {day}", **values)', ""),
        ('message_plural("one line", "{count} lines", count=2)', ""),
        ('console.message("anything")', ""),
    ],
)
def test_a_message_that_the_catalogue_cannot_know_is_a_fault(tmp_path: Path, source: str, fault: str) -> None:
    file = tmp_path / "module.py"
    file.write_text(source)
    faults: list[str] = []
    list(catalogues.extract_messages([file], faults))
    assert bool(faults) == bool(fault)
    assert not fault or fault in faults[0]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgid "due {day}"\nmsgstr "até {day}"\n', ""),
        ('msgid "due {day}"\nmsgstr ""\n', "not translated"),
        ('#, fuzzy\nmsgid "due {day}"\nmsgstr "até {day}"\n', "fuzzy"),
        ('msgid "due {day}"\nmsgstr "até {dia}"\n', "other placeholders"),
        ('msgid "due {day}"\nmsgstr "até"\n', "other placeholders"),
        ('msgid "due"\nmsgstr "até"\n', "not used any more"),
    ],
)
def test_a_catalogue_with_a_fault_closes_the_gate(tmp_path: Path, entry: str, fault: str) -> None:
    file = tmp_path / "x.po"
    file.write_text(entry, encoding="utf-8")
    with file.open("rb") as lines:
        faults = list(catalogues.find_faults(read_po(lines, locale="pt"), {("due {day}",)}))
    assert bool(faults) == bool(fault)
    assert not fault or any(fault in one for one in faults)
