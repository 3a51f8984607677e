"""`ix-tools sandbox`: run the InvoiceXpress sandbox on this machine until Ctrl-C."""

from pathlib import Path

import click

from ix_tools.errors import SettingsError
from ix_tools.i18n.messages import message, message_template
from ix_tools.interfaces.cli import console
from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import WordChoice

READY = message_template("InvoiceXpress sandbox at {url}. No fiscal value. To use it, in another terminal:")
END = message("Ctrl-C ends it.")
DATA_INVENTORY = message_template("Its data is kept in {file}.")
FORGOTTEN = message("Its data is forgotten at the end (--file keeps it).")


@click.command("sandbox", context_settings=SETTINGS)
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this machine's loopback.")
@click.option(
    "--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0: any free port."
)
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), help="Keep its data in this SQLite file."
)
@click.option(
    "--language", type=WordChoice(["pt", "en"]), help="Language of its messages. Default: the setting."
)
@click.pass_context
def command(ctx: click.Context, host: str, port: int, file: Path | None, language: str | None) -> None:
    """Run an imitation of InvoiceXpress on this machine, and print the settings to use it."""
    from ix_tools.sandbox.server import serve

    run = apply_global_options(ctx)
    chosen = run.settings.sandbox_file
    if file is not None and chosen is not None and file.absolute() != chosen.absolute():
        raise SettingsError(
            message(
                "--file names {file}, and --sandbox-file (or the setting) {chosen}.",
                file=str(file),
                chosen=str(chosen),
            ),
            code="sandbox_not_started",
            next=message("name one of them"),
        )
    file = file or chosen
    try:
        serve(host, port, file, language or run.language, lambda url: _print_ready(run, url, file))
    except (ValueError, OSError) as trouble:
        reason = getattr(trouble, "strerror", None) or str(trouble)
        raise SettingsError(
            message(
                "The sandbox cannot listen on {host}:{port} ({reason}).", host=host, port=port, reason=reason
            ),
            code="sandbox_not_started",
            next=message("name another --port, or an address of this machine's loopback with --host"),
        ) from None


def _print_ready(run: Invocation, url: str, file: Path | None) -> None:
    from ix_tools.sandbox.server import Sandbox

    kept = run.translate(DATA_INVENTORY.fill(file=str(file))) if file else run.translate(FORGOTTEN)
    lines = {"ACCOUNT": Sandbox.account, "API_KEY": Sandbox.api_key, "BASE_URL": url}
    console.print_out(
        "\n".join(
            [
                click.style(run.translate(READY.fill(url=url)), bold=True),
                "",
                *(f"  export INVOICEXPRESS_{name}={value}" for name, value in lines.items()),
                "",
                f"{kept} {run.translate(END)}",
            ]
        )
    )
