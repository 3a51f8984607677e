"""Render the templates of the pages; every text from outside is escaped and sanitized."""

from datetime import date, datetime
from functools import cache
from typing import Any

from babel.dates import format_date, format_time
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ix_tools.i18n import formats
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render
from ix_tools.interfaces.web.requests import load_asset
from ix_tools.interfaces.web.texts import WORDS
from ix_tools.text.sanitize import sanitize_line

LANGUAGE_TAGS = {"pt": "pt-PT", "en": "en-GB"}


@cache
def _create_environment() -> Environment:
    return Environment(
        loader=PackageLoader("ix_tools.interfaces.web"),
        autoescape=True,
        finalize=_sanitize_value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _sanitize_value(value: Any) -> Any:
    """Remove control and invisible characters from a value that is put into a page."""
    return sanitize_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def render_template(template: str, language: Language, **given: Any) -> str:
    """Render a template with the words of a language."""
    said = {name: render(word, language) for name, word in WORDS.items()}
    values = {
        "said": said,
        "language": language,
        "tag": LANGUAGE_TAGS[language],
        "menu": None,
        "script": "",
        **given,
    }
    return _create_environment().get_template(template).render(css=load_asset("page.css"), **values)


def format_day(value: date | None, language: Language) -> str:
    """Format a day in words: 20 de novembro de 2026."""
    return format_date(value, "long", locale=formats.LOCALES[language]) if value else "–"


def format_moment(timestamp: float, language: Language) -> str:
    """Format a moment with its day, in Lisbon time."""
    moment = datetime.fromtimestamp(timestamp, LISBON)
    return f"{format_day(moment.date(), language)}, {format_time(moment, 'HH:mm', locale=formats.LOCALES[language])}"


def format_near_moment(timestamp: float, now: float, language: Language) -> str:
    """Format a moment as a time of day, with the date unless it is today."""
    moment, today = (datetime.fromtimestamp(one, LISBON) for one in (timestamp, now))
    if moment.date() == today.date():
        return format_time(moment, "HH:mm", locale=formats.LOCALES[language])
    return format_moment(timestamp, language)
