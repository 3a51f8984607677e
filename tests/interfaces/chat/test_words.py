"""The language of chat commands: what sentences mean, and how they are refused."""

from __future__ import annotations

import logging
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faults.chat_words import check_sentence, commands, vary, write_wildly
from ix_tools.i18n.messages import render
from ix_tools.interfaces.chat.words import help as help_texts
from ix_tools.interfaces.chat.words.commands import Command
from ix_tools.interfaces.chat.words.faults import EXPECTATIONS, AmbiguousNumber, Contradiction, NotUnderstood
from ix_tools.interfaces.chat.words.folding import clean, fold
from ix_tools.interfaces.chat.words.parsing import load_parser, parse
from ix_tools.interfaces.chat.words.sentences import WRITERS, write_sentence
from tests.interfaces.chat.sentences import REFUSED, UNCLEAR, UNDERSTOOD


def test_the_table_is_the_whole_language() -> None:
    assert len(UNDERSTOOD) + len(REFUSED) + len(UNCLEAR) >= 80


@pytest.mark.parametrize("sentence", UNDERSTOOD)
def test_a_sentence_means_its_canonical_sentence(sentence: str) -> None:
    command = parse(sentence)
    assert write_sentence(command) == UNDERSTOOD[sentence]
    assert parse(UNDERSTOOD[sentence]) == command


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_sentence_that_is_not_understood_says_why(sentence: str) -> None:
    with pytest.raises((NotUnderstood, Contradiction)) as refused:
        parse(sentence)
    assert isinstance(refused.value, NotUnderstood | Contradiction)
    assert REFUSED[sentence] in str(refused.value.explain())
    assert render(refused.value.explain(), "pt") != render(refused.value.explain(), "en"), "in both languages"


@pytest.mark.parametrize("sentence", UNCLEAR)
def test_a_number_that_can_mean_two_things_is_asked_about(sentence: str) -> None:
    with pytest.raises(AmbiguousNumber) as unclear:
        parse(sentence)
    assert len(unclear.value.sentences) == 2
    for meaning, written in zip(unclear.value.sentences, UNCLEAR[sentence], strict=True):
        assert written in meaning
        parse(meaning)
    assert unclear.value.meanings[0] * 1000 == unclear.value.meanings[1]


def test_a_refusal_says_where_it_stopped_in_the_text_as_it_was_typed() -> None:
    text = 'fatura  «Café»  "Pão de ló" 3x60 iva23 amanhã'
    with pytest.raises(NotUnderstood) as refused:
        parse(text)
    assert text[refused.value.position :] == "amanhã"
    assert refused.value.language == "pt"


@pytest.mark.parametrize(
    ("sentence", "language"), [("fatura ACME !", "pt"), ("invoice ACME !", "en"), ("?!", "pt")]
)
def test_the_answer_is_in_the_language_of_the_verb(sentence: str, language: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse(sentence, "pt")
    assert refused.value.language == language


def test_the_grammar_is_not_ambiguous(caplog: pytest.LogCaptureFixture) -> None:
    """LALR resolves a conflict by a rule of its own, and only logs it."""
    from importlib.resources import files

    from lark import Lark, logger

    grammar = files("ix_tools.interfaces.chat.words").joinpath("grammar.lark").read_text(encoding="utf-8")
    before, logger.level = logger.level, logging.DEBUG
    logger.propagate = True
    try:
        with caplog.at_level(logging.DEBUG, logger.name):
            Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=False, debug=True)
            assert caplog.text == "" or "conflict" not in caplog.text
            caplog.clear()
            free = grammar.replace("quoted_name _named_part _part*", "quoted_name _part+")
            Lark(free, parser="lalr", lexer="contextual", maybe_placeholders=False, debug=True)
            assert "conflict" in caplog.text, "so that the test would notice one"
    finally:
        logger.level = before


def test_every_terminal_is_described() -> None:
    names = {one.name for one in load_parser().terminals} - {"__IGNORE_0"}
    assert {one for one in names if not one.startswith("__")} <= EXPECTATIONS.keys()


@pytest.mark.parametrize("entry", [*help_texts.COMMANDS, *help_texts.PARTS], ids=str)
def test_every_example_of_the_help_is_understood_in_both_languages(entry: help_texts.Entry) -> None:
    found = [parse(entry.example.text(language)) for language in ("pt", "en")]
    assert [one.language for one in found] == ["pt", "en"] or entry.example.pt.startswith("pdf")
    assert type(found[0]) is type(found[1])


def test_the_help_lists_every_command() -> None:
    text = help_texts.write_help("", "pt")
    rules = {str(rule.origin.name) for rule in load_parser().rules}
    assert {"document", "credit", "pay"} <= rules
    commands_shown = {type(parse(one.example.pt)) for one in help_texts.COMMANDS}
    assert commands_shown == set(WRITERS)
    assert "retenção 25%" in help_texts.write_help("fatura", "pt")
    assert "•" in text


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_folding_keeps_every_position(text: str) -> None:
    assert len(fold(clean(text))) == len(clean(text))


@given(commands(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_command_written_in_any_way_is_read_as_itself(command: Command, chance) -> None:
    sentence = write_wildly(command, chance)
    assert parse(sentence) == command, sentence


@given(commands(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_damaged_sentence_is_refused_or_loses_no_number(command: Command, chance) -> None:
    check_sentence(vary(write_sentence(command), chance))


def test_a_lost_number_is_noticed() -> None:
    from ix_tools.interfaces.chat.words.sentences import find_lost_numbers

    assert find_lost_numbers(
        'fatura para "acme" "a" 1 x 10 iva23 99', parse('fatura ACME "A" 1x10 iva23')
    ) == ["99"]
    assert re.fullmatch(r"fatura", write_sentence(parse("fatura")))
