"""`ix-tools connect`: add ix-tools to a host on this machine, and prove that the host can start it."""

import os
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from ix_tools.config.folders import config_file
from ix_tools.config.key_store import Place, find_key, forget_key, keep_key
from ix_tools.config.launch_command import list_launch_words
from ix_tools.config.loading import load_settings
from ix_tools.config.setting_checks import check_base_url
from ix_tools.config.settings import Settings
from ix_tools.config.settings_file import name_account
from ix_tools.connect.connecting import carry_out_plan, plan_connection
from ix_tools.connect.entries import NAME, Server
from ix_tools.connect.handshake import Proof, prove
from ix_tools.connect.hosts import HOSTS, Host, Machine
from ix_tools.error_codes import Exit
from ix_tools.errors import IxError, SettingsError
from ix_tools.i18n.messages import Message, message, message_template
from ix_tools.interfaces.cli import prompt
from ix_tools.interfaces.cli.command_options import SETTINGS, apply_global_options, global_options
from ix_tools.interfaces.cli.connect_report import print_hosts, print_plan, print_result
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.options import WordChoice

KEY_VARIABLE, TOKEN_VARIABLE = "INVOICEXPRESS_API_KEY", "IX_TOOLS_TOKEN"
ASK_ACCOUNT = message("Account (the first part of https://NAME.app.invoicexpress.com): ")
ASK_KEY = message("API key (in InvoiceXpress: Account > API; it is not shown): ")
ASK_TOKEN = message("Token of the server (it is not shown; leave it empty if it asks for none): ")
WRITE_IT = message_template("Type {word} to do this; anything else changes nothing: ")
YES = message("yes")


@click.command("connect", params=global_options(has_account=False), context_settings=SETTINGS)
@click.argument("host", required=False, type=WordChoice([one.key for one in HOSTS]))
@click.option(
    "--account", help="The account at InvoiceXpress. Default: the one of the settings, else it is asked."
)
@click.option(
    "--keyring",
    is_flag=True,
    help="Keep the key in the system's keyring instead of a file that only you can read.",
)
@click.option("--url", help="Address of an ix-tools server to use instead of this machine's, ending in /mcp.")
@click.option("--name", default=NAME, show_default=True, help="Name of the entry in the host.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.pass_context
def command(
    ctx: click.Context, /, host: str | None, url: str | None, name: str, yes: bool, **options: Any
) -> int:
    """Connect a HOST of this machine with ix-tools; without one, list the hosts that are found.

    What would be written is shown first. The API key is kept by ix-tools and never written into the host's file.
    """
    account, in_keyring = options.pop("account"), options.pop("keyring")
    run = apply_global_options(ctx, **options)
    machine = Machine.this()
    if host is None:
        print_hosts(run, machine)
        return Exit.OK
    chosen = next(one for one in HOSTS if one.key == host)
    server, key = _build_server(run, chosen, name, url, account)
    plan = plan_connection(chosen, server, machine)
    print_plan(run, plan)
    if not plan.is_by_hand and not yes:
        _require_consent(run)
    place: Place = "keyring" if in_keyring else "file"
    proof = _prove(server, key, place, calls=not url)
    outcome = carry_out_plan(plan)
    return print_result(run, plan, outcome, proof)


def _build_server(
    run: Invocation, host: Host, name: str, url: str | None, account: str | None
) -> tuple[Server, str]:
    """Return what the host is to start or ask, and a key that is to be kept; "" where one is known already."""
    if url:
        return Server(name, url=_check_url(url), token=_find_token(run)), ""
    environment: dict[str, str] = (
        {"INVOICEXPRESS_APPROVAL_CHANNEL": str(host.channel)} if host.channel else {}
    )
    if run.uses_sandbox:
        words = (
            ["--sandbox-file", str(Path(run.sandbox_file).absolute())] if run.sandbox_file else ["--sandbox"]
        )
        return Server(name, list_launch_words("serve", *words), environment), ""
    named = _find_account(run, account)
    if file := os.environ.get("IX_TOOLS_CONFIG"):
        environment["IX_TOOLS_CONFIG"] = str(Path(file).absolute())
    server = Server(name, list_launch_words("serve"), {"INVOICEXPRESS_ACCOUNT": named, **environment})
    return server, _find_new_key(run, named)


def _check_url(url: str) -> str:
    start, slash, path = url.partition("://")[2].partition("/")
    scheme = url.partition("://")[0]
    try:
        check_base_url(f"{scheme}://{start}")
    except ValueError:
        start = ""
    if not start or not slash or any(letter.isspace() or letter in "\"'\\<>" for letter in path):
        raise SettingsError(
            message("'{url}' is no address of a server.", url=url),
            next=message("give an address such as https://invoices.example.com/mcp"),
        )
    return url


def _find_token(run: Invocation) -> str:
    given = os.environ.get(TOKEN_VARIABLE, "").strip()
    if given or not prompt.is_interactive():
        return given
    return prompt.ask_secret(run, ASK_TOKEN)


def _find_account(run: Invocation, given: str | None) -> str:
    named = given or run.settings.account
    if not named:
        prompt.require_person(
            message("names the account"), message("repeat the command with --account NAME, or with --sandbox")
        )
        named = prompt.ask_line(run, ASK_ACCOUNT)
    # The whole address is what people copy.
    named = named.strip().removeprefix("https://").partition(".")[0]
    try:
        account = Settings.model_validate({"account": named}).account
    except ValidationError:
        account = ""
    if not account:
        raise SettingsError(
            message("'{account}' is no name of an account.", account=named),
            next=message("it is the first part of https://NAME.app.invoicexpress.com"),
        )
    return account


def _find_new_key(run: Invocation, account: str) -> str:
    if given := os.environ.get(KEY_VARIABLE, "").strip():
        return given
    settings = load_settings({**os.environ, "INVOICEXPRESS_ACCOUNT": account})
    if settings.api_key:
        return ""
    prompt.require_person(
        message("types the API key"),
        message("give it in {variable}, for this command only", variable=KEY_VARIABLE),
    )
    if key := prompt.ask_secret(run, ASK_KEY):
        return key
    raise SettingsError(message("No key was typed."), next=message("in InvoiceXpress: Account > API"))


def _require_consent(run: Invocation) -> None:
    prompt.require_person(
        message("lets ix-tools write into a host's settings"),
        message("repeat the command with --yes"),
    )
    prompt.require_typed(
        run, WRITE_IT, run.translate(YES), message("Nothing was changed."), message("repeat the command")
    )


def _prove(server: Server, key: str, place: Place, *, calls: bool) -> Proof:
    """Start the server as the host will, before the host is told of it. A key that does not work is not kept."""
    account = server.environment.get("INVOICEXPRESS_ACCOUNT", "")
    before = find_key(account) if key else None
    if key:
        _keep(account, key, place)
    proof = prove(server, calls=calls)
    if trouble := proof.trouble or proof.account:
        if key and before is None:
            forget_key(account)
        elif key and before is not None:
            keep_key(account, before.get_secret_value(), place)
        raise _build_failure(server, trouble)
    if key:
        name_account(account, Path(os.environ.get("IX_TOOLS_CONFIG") or config_file()))
    return proof


def _keep(account: str, key: str, place: Place) -> None:
    reason = ""
    try:
        keep_key(account, key, place)
    except OSError as trouble:
        reason = trouble.strerror or type(trouble).__name__
    if reason:
        raise SettingsError(
            message("The key cannot be kept ({reason}).", reason=reason),
            next=message("free disk space or correct the permissions"),
        )


def _build_failure(server: Server, trouble: Message) -> IxError:
    return IxError(
        message("It was tried as the host would use it, and does not work: {trouble}.", trouble=trouble)
        if server.command
        else message("The server at {url} does not work: {trouble}.", url=server.url, trouble=trouble),
        code="not_connected",
        next=message("nothing was written into the host's settings; correct it and repeat the command"),
    )
