"""Approvals as a person looks through them: what each is about, whose account, who asked, and until when."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ix_tools.approvals import rendering
from ix_tools.approvals.preview import Sheet
from ix_tools.approvals.repository import Approval
from ix_tools.i18n import formats
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.words import ACTIONS, LABELS, Language, Said
from ix_tools.pipeline.account_names import Companies
from ix_tools.text.sanitize import visible

UNTIL = Said("até {until}", "until {until}")
ASKED_BY = Said("pedido por {who}", "asked for by {who}")
DIFFERS = Said(
    "o documento guardado difere do que foi pedido", "the stored document differs from what was asked"
)


def about(found: Approval, language: Language) -> dict[str, str]:
    """What it is about, part by part, where its sheet is still kept: action, document, client, amount."""
    if not found.sheet:
        return {}
    sheet = Sheet.model_validate_json(found.sheet)
    client = sheet.paper.client if sheet.paper else sheet.client
    consumer = LABELS["final_consumer"].in_(language) if sheet.paper else ""
    parts = {
        "action": " + ".join(ACTIONS[one.action].title.in_(language) for one in (sheet, *sheet.then)),
        "document": rendering.name(sheet.paper, language) if sheet.paper else "",
        "client": client.name if client else consumer,
        "amount": _amount(sheet, language),
        "recipient": next((one.recipient for one in (sheet, *sheet.then) if one.recipient), ""),
    }
    return {name: value for name, value in parts.items() if value}


def whose(account: str, companies: Companies) -> dict[str, str]:
    """Whose account it is: its name, and company and tax number where somebody told them."""
    company = companies.of(account)
    name = account.partition("@")[0]
    if company is None:
        return {"account": name}
    return {"account": name, "company": company.name, **({"nif": company.nif} if company.nif else {})}


def lines(found: Approval, owner: Mapping[str, str], language: Language, *, several: bool) -> Iterable[str]:
    """What a list says of it; `several`: whether more than one account could be meant."""
    told = about(found, language)
    head = [told[name] for name in ("action", "document") if name in told]
    yield (": ".join(head) if head else visible(found.summary)) or found.operation
    rest = [told[name] for name in ("client", "amount", "recipient") if name in told]
    if rest:
        yield " · ".join(rest)
    if several:
        yield issuer(owner, language)
    asker = " · ".join(filter(None, (found.principal, visible(found.host) or found.face)))
    until = UNTIL.in_(language).format(until=_until(found.expires_at))
    yield f"{ASKED_BY.in_(language).format(who=asker)} · {until}"
    if found.differs:
        yield DIFFERS.in_(language)


def issuer(owner: Mapping[str, str], language: Language) -> str:
    """Whose account it is, in a line: `Padaria Central, Lda · NIF 501964843 (padaria)`."""
    if "company" not in owner:
        return owner["account"]
    nif = f" · {LABELS['nif'].in_(language)} {visible(owner['nif'])}" if "nif" in owner else ""
    return f"{visible(owner['company'])}{nif} ({owner['account']})"


def _amount(sheet: Sheet, language: Language) -> str:
    if sheet.amount is not None:
        return rendering.value(sheet.amount, language)
    paper = sheet.paper
    if paper is None or paper.total is None:
        return ""
    return formats.money(paper.total, language, paper.currency)


def _until(timestamp: float) -> str:
    moment = datetime.fromtimestamp(timestamp, LISBON)
    today = moment.date() == datetime.now(LISBON).date()
    return f"{moment:%H:%M}" if today else f"{moment:%d/%m %H:%M}"


def as_dict(found: Approval, owner: Mapping[str, str], language: Language, now: float) -> dict[str, Any]:
    """As data; with the account's host, which tells a sandbox from the account."""
    from ix_tools.approvals.requirements import Terms

    late = found.state in {"pending", "approved"} and found.expires_at <= now
    return {
        "id": found.id,
        "state": "expired" if late else found.state,
        "summary": found.summary,
        **about(found, language),
        "operation": found.operation,
        **owner,
        "account": found.account,
        "principal": found.principal,
        "channel": found.channel,
        **{name: value for name, value in (("face", found.face), ("host", found.host)) if value},
        "differs": found.differs,
        "expires_at": formats.timestamp(found.expires_at),
        **({"reason": found.reason} if found.reason else {}),
        **({"people": Terms.of(found.terms).people} if found.terms else {}),
    }
