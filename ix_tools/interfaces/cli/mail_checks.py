"""Check for `ix-tools doctor` that approvers can be told by e-mail, and that nobody was missed."""

from collections.abc import Iterator, Sequence

import anyio

from ix_tools.approvals.pins import Pins
from ix_tools.config.mail_settings import parse_mail_address
from ix_tools.config.settings import Settings
from ix_tools.errors import IxError
from ix_tools.i18n.messages import message, message_plural
from ix_tools.interfaces.cli.checks import Finding, report_ok
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.repositories import open_store
from ix_tools.notifications import smtp
from ix_tools.notifications.mail_queue import Mail, MailQueue


def check_mail(run: Invocation) -> Iterator[Finding]:
    """Sign in at the mail server without sending anything, and report e-mails that were not sent."""
    settings = run.settings
    if not settings.mail_host:
        return
    yield _check_server(settings)
    with open_store(settings) as opened:
        waiting, failed = MailQueue(opened).list_troubled()
        pins = Pins(opened)
        people = [one.name for one in map(parse_mail_address, settings.mail_to) if one.name]
        without_pin = [one for one in people if not pins.has_pin(one) and not pins.has_pin(one.casefold())]
    yield from _report_troubled(waiting, failed, run.build_command("approvals", "list"))
    if without_pin:
        command = run.build_command("approvals", "pin", "--principal", without_pin[0])
        yield Finding(
            "warning",
            "mail",
            message(
                "whoever reads the e-mail to {people} can decide, because the page asks for no PIN of theirs",
                people=", ".join(without_pin),
            ),
            message("each of them sets a PIN: {command}", command=command),
        )
    if not settings.public_url:
        yield Finding(
            "warning",
            "mail",
            message("public_url is not set: the links in e-mails lead to this machine only"),
            message("set public_url to the address at which people reach the HTTP server"),
        )


def _check_server(settings: Settings) -> Finding:
    async def visit() -> None:
        async with smtp.connect(settings):
            pass

    server = f"{settings.mail_host}:{settings.mail_port}"
    try:
        anyio.run(visit)
    except smtp.MailNotSent as trouble:
        return Finding(
            "problem",
            "mail",
            message("{server} does not take e-mail: {why}", server=server, why=str(trouble)),
            message("correct mail_host, mail_port, mail_security, mail_user and mail_password"),
        )
    except IxError as trouble:
        return Finding("problem", "mail", trouble.message, trouble.next)
    return report_ok("mail", message("{server} takes e-mail", server=server))


def _report_troubled(waiting: Sequence[Mail], failed: Sequence[Mail], listing: str) -> Iterator[Finding]:
    if waiting:
        last = waiting[-1]
        yield Finding(
            "warning",
            "mail",
            message_plural(
                "{count} e-mail is tried again; the last trouble: {why}",
                "{count} e-mails are tried again; the last trouble: {why}",
                count=len(waiting),
                why=last.problem,
            ),
            message("look at the mail server; the e-mails wait until they are of no use any more"),
        )
    if failed:
        last = failed[-1]
        yield Finding(
            "warning",
            "mail",
            message_plural(
                "{count} e-mail was given up, the last one to {address} about {approval}: {why}",
                "{count} e-mails were given up, the last one to {address} about {approval}: {why}",
                count=len(failed),
                address=last.address,
                approval=last.approval,
                why=last.problem,
            ),
            message("correct mail_to if the address is wrong; `{command}` lists what waits", command=listing),
        )
