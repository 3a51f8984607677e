"""Translate commands: the English of docstrings and options is the id of its translation in the message catalogue."""

import copy
import inspect
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, render, translate_text
from ix_tools.interfaces.cli.invocation import Invocation


class Misuse(click.UsageError):
    """A wrong command line, told in the reader's language."""

    def __init__(self, text: Message, ctx: click.Context | None = None) -> None:
        """Keep the text; click's own message is the English one."""
        super().__init__(str(text), ctx)
        self.text = text


AnyCommand = TypeVar("AnyCommand", bound=click.Command)


def get_language(ctx: click.Context) -> Language:
    """Return the reader's language; English outside the command line, for the reference."""
    run = ctx.find_object(Invocation)
    return run.language if run is not None else "en"


def translate_command(command: AnyCommand, language: Language) -> AnyCommand:
    """Return a command with the help of its options and subcommands in a language."""
    if language == "en":
        return command
    translated = copy.copy(command)
    translated.help = translate_text(_get_help(command), language) or None
    translated.options_metavar = render(message("[OPTIONS]"), language)
    translated.params = translate_parameters(command.params, language)
    translated._help_option = None  # click keeps --help as it was first shown, here in English
    if isinstance(translated, click.Group) and isinstance(command, click.Group):
        translated.subcommand_metavar = render(message("COMMAND [OPTIONS]"), language)
        translated.commands = {
            name: translate_command(one, language) for name, one in command.commands.items()
        }
    return translated


def list_command_texts(command: click.Command) -> Iterator[str]:
    """Yield the help of a command, its options and its subcommands in English."""
    yield _get_help(command)
    yield from (one.help for one in command.params if isinstance(one, click.Option) and one.help)
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        yield from list_command_texts(one)


def translate_parameters(parameters: Iterable[click.Parameter], language: Language) -> list[click.Parameter]:
    """Return parameters with their help in a language."""
    found = []
    for one in parameters:
        translated = copy.copy(one)
        if isinstance(translated, click.Option) and translated.help:
            translated.help = translate_text(translated.help, language)
        found.append(translated)
    return found


def _get_help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")
