"""Options that every command accepts, and the decorator for a command of a group."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ix_tools.config import sandbox_choice
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import WordChoice

GLOBAL_NAMES = ("output", "sandbox", "sandbox_file", "own_account")
"""Names of the global options' values."""
SETTINGS = {
    "max_content_width": 100,
    "help_option_names": ["-h", "--help"],
    "token_normalize_func": lambda token: token.replace("_", "-"),
}


def global_options(*, has_account: bool = True) -> list[click.Option]:
    """Build the options that every command accepts, before its name or after it.

    Args:
        has_account: False for a command with an --account of its own.
    """
    account = click.Option(
        ["own_account", "--account"],
        metavar="NAME",
        help="Account to act in, by its name in the settings. Default: the account itself, or the only one.",
    )
    return [
        _build_output_option(),
        *([account] if has_account else []),
        click.Option(
            ["sandbox", sandbox_choice.OPTION],
            is_flag=True,
            default=None,
            help=_write_sentence(sandbox_choice.OPTION_HELP),
        ),
        click.Option(
            ["sandbox_file", sandbox_choice.FILE_OPTION],
            metavar="FILE",
            help=_write_sentence(sandbox_choice.FILE_OPTION_HELP),
        ),
    ]


def build_parking_option() -> click.Option:
    """Build the option of commands that can need an approval: what happens when a person approves later, elsewhere."""
    return click.Option(
        ["when_approved", "--when-approved"],
        type=WordChoice(["run", "repeat"]),
        help="After an approval that is not given in this terminal: carry it out without this command (run), by a server of this "
        "user or `ix-tools approvals run`, or wait for the same command (repeat). Default: the setting when_approved.",
    )


def _build_output_option() -> click.Option:
    return click.Option(
        ["output", "--output"],
        type=OutputChoice(["text", "json"]),
        help="Default: text on a terminal, JSON otherwise. A path is where a command that saves a file puts it.",
    )


class OutputChoice(WordChoice):
    """A format, or a path, which has a slash or a dot in it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word, or the path."""
        if isinstance(value, str) and {"/", "\\", "."} & {*value}:
            return Path(value).expanduser()
        return super().convert(value, param, ctx)


def _write_sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def subcommand(group: click.Group, name: str) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a function a command of a group, with `--output`; its first argument is the invocation."""

    def decorate(function: Callable[..., int | None]) -> click.Command:
        @wraps(function)
        def callback(output: Any, **given: Any) -> int | None:
            return function(apply_global_options(click.get_current_context(), output), **given)

        built = group.command(name)(callback)
        built.params.append(_build_output_option())
        return built

    return decorate


def apply_global_options(
    ctx: click.Context,
    output: Any = None,
    sandbox: Any = None,
    sandbox_file: Any = None,
    own_account: str | None = None,
) -> Invocation:
    """Record the global options in the invocation; the last ones win."""
    run = ctx.find_object(Invocation) or Invocation()
    if isinstance(output, Path):
        run.output_file = output
    else:
        run.output = output or run.output
    run.sandbox = bool(sandbox) or run.sandbox
    run.sandbox_file = run.sandbox_file if sandbox_file is None else sandbox_file
    run.account = run.account if own_account is None else own_account
    return run
