"""Texts of click and argparse that a person can see; these libraries look them up through gettext."""

import gettext
import os

from ix_tools.i18n.catalogue import DOMAIN, FOLDER, load_catalogue
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message, message_plural_template, message_template

LIBRARY_TEXTS = (
    # click
    message("Usage:"),
    message("Options"),
    message("Positional arguments"),
    message("Commands"),
    message("Show this message and exit."),
    message("Missing command."),
    message("Missing argument"),
    message("Missing option"),
    message("Missing parameter"),
    message("unknown error"),
    message("file"),
    message("path"),
    message("directory"),
    message_template("Choose from:\n\t{choices}"),
    message("Repeat for confirmation"),
    message("Error: invalid input"),
    message_template("default: {default}"),
    message_template("env var: {var}"),
    message_template("Error: {message}"),
    message_template("Invalid value: {message}"),
    message_template("Invalid value for {param_hint}: {message}"),
    message_template("Missing parameter: {param_name}"),
    message_template("Missing {param_type}"),
    message_template("Could not open file {filename!r}: {message}"),
    message_template("{value} is not in the range {range}."),
    message_template("{value!r} is not a valid {number_type}."),
    message_template("{name} {filename!r} is a directory."),
    message_template("{name} {filename!r} does not exist."),
    message_template("No such option {name!r}."),
    message_template("No such command {name!r}."),
    message_template("Option {name!r} does not take a value."),
    message_template("Try '{command} {option}' for help."),
    message_template("Argument {name!r} takes {nargs} values."),
    message_template("{name} {filename!r} is a file."),
    message_template("{name} {filename!r} is not readable."),
    message_template("{name} {filename!r} is not writable."),
    message_template("{value!r} is not a valid boolean. Recognized values: {states}"),
    message_plural_template("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    message_plural_template(
        "Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"
    ),
    message_plural_template(
        "Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."
    ),
    message_plural_template("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    # argparse
    message("usage: "),
    message("options"),
    message("positional arguments"),
    message("show this help message and exit"),
    message("expected one argument"),
    message("unrecognized arguments: %s"),
    message("the following arguments are required: %s"),
    message("argument %(argument_name)s: %(message)s"),
    message("invalid choice: %(value)r (choose from %(choices)s)"),
    message("invalid %(type)s value: %(value)r"),
    message("%(prog)s: error: %(message)s\n"),
)


def translate_libraries(language: Language) -> None:
    """Make click and argparse write in a language, in this process and until it is called again."""
    if language != "en":
        load_catalogue(language)  # compiles it, if needed
    gettext.bindtextdomain(DOMAIN, str(FOLDER))
    gettext.textdomain(DOMAIN)
    # Where gettext looks for the language, before LC_ALL and LANG.
    os.environ["LANGUAGE"] = language
