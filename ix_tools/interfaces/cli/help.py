"""`ix-tools help`: print the help of a command, or the table of exit codes."""

import click

from ix_tools.error_codes import EXIT_MEANINGS
from ix_tools.i18n.messages import message, message_template, render
from ix_tools.interfaces.cli.commands import UTILITY_COMMANDS
from ix_tools.interfaces.cli.translation import Misuse, get_language

STARTS_ELSEWHERE = message_template("{what}. Its options: ix-tools {name} --help")


@click.command("help")
@click.argument("topic", required=False)
@click.pass_context
def command(ctx: click.Context, topic: str | None) -> None:
    """Help for a command, or for exit-codes."""
    parent, language = ctx.parent, get_language(ctx)
    if parent is None or topic is None:
        click.echo(parent.get_help() if parent else ctx.get_help())
    elif topic.replace("_", "-") == "exit-codes":
        formatter = ctx.make_formatter()
        with formatter.section(render(message("Exit codes"), language)):
            formatter.write_dl(
                [(str(int(code)), render(meaning, language)) for code, meaning in EXIT_MEANINGS.items()]
            )
        click.echo(formatter.getvalue().rstrip())
    elif (program := UTILITY_COMMANDS.get(topic)) is not None and not program.module:
        click.echo(render(STARTS_ELSEWHERE.fill(what=program.help, name=topic), language))
    else:
        group = parent.command
        if not isinstance(group, click.Group):
            raise Misuse(message("There is no help for “{topic}”.", topic=topic))
        name, found, _ = group.resolve_command(parent, [topic])
        if found is not None:
            with click.Context(found, parent=parent, info_name=name) as inner:
                click.echo(found.get_help(inner))
