"""Translate the help of an argparse parser, as of `serve` and `demo`; imported only when somebody asks for it."""

import argparse
from collections.abc import Iterator

from ix_tools.i18n.languages import Language
from ix_tools.i18n.library_texts import translate_libraries
from ix_tools.i18n.messages import translate_text


def translate_parser(parser: argparse.ArgumentParser, language: Language) -> None:
    """Put a parser's description and the help of its options into a language."""
    if language == "en":
        return
    translate_libraries(language)
    parser.description = translate_text(parser.description or "", language)
    for action in parser._actions:
        action.help = translate_text(action.help or "", language)
    for group in parser._action_groups:
        group.title = translate_text(group.title or "", language)


def list_parser_texts(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the description of a parser and the help of its options in English."""
    yield parser.description or ""
    yield from (action.help or "" for action in parser._actions if action.dest != "help")
