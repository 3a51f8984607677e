"""`ix-tools schemas`: write or check the files that every tool is published in."""

import click

from ix_tools import tool_files
from ix_tools.errors import Exit, SettingsError
from ix_tools.faces.cli import says
from ix_tools.faces.cli.group import SETTINGS


@click.group("schemas", context_settings=SETTINGS)
def command() -> None:
    """Write or check tool_schemas/ and the list that the server starts with. Needs a checkout of the project."""
    if not (tool_files.FOLDER.parent / "pyproject.toml").is_file():
        raise SettingsError(
            "The files belong to a checkout of the project, and this is an installed package.",
            next="run it in a checkout",
        )


@command.command("write")
def write() -> int:
    """Write what is missing or stale, remove what is left over."""
    touched = tool_files.write()
    for path in touched:
        says.print_out(f"{path.name}: {'written' if path.exists() else 'removed'}")
    if not touched:
        says.print_out("Everything is up to date.")
    return Exit.OK


@command.command("check")
def check() -> int:
    """Say what is missing, stale, left over, or no JSON Schema; exit code 1 if anything is."""
    wrong = tool_files.check()
    for line in wrong:
        says.aside(line)
    says.print_out(
        "Write them again with `ix-tools schemas write`." if wrong else "Everything is up to date."
    )
    return Exit.REFUSED if wrong else Exit.OK
