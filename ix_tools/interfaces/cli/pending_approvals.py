"""Describe pending approvals for lists: subject, account, requester and expiry."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ix_tools.approvals import rendering
from ix_tools.approvals.preview import ApprovalPreview
from ix_tools.approvals.repository import Approval
from ix_tools.approvals.stored_preview import is_readable, load_preview
from ix_tools.i18n import formats
from ix_tools.i18n.approval_texts import ACTIONS
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message, message_template, render
from ix_tools.pipeline.company_repository import CompanyRepository
from ix_tools.text.sanitize import sanitize_line

UNTIL = message_template("until {until}")
ASKED_BY = message_template("asked for by {who}")
DIFFERS = message("the stored document differs from what was asked")


def describe_subject(found: Approval, language: Language) -> dict[str, str]:
    """Describe the subject in parts (action, document, client, amount), if its preview is still stored."""
    if not found.sheet or not is_readable(found.sheet):
        return {}
    sheet = load_preview(found.sheet)
    client = sheet.paper.client if sheet.paper else sheet.client
    consumer = render(LABELS["final_consumer"], language) if sheet.paper else ""
    parts = {
        "action": " + ".join(render(ACTIONS[one.action].title, language) for one in (sheet, *sheet.then)),
        "document": rendering.format_document_heading(sheet.paper, language) if sheet.paper else "",
        "client": client.name if client else consumer,
        "amount": _format_amount(sheet, language),
        "recipient": next((one.recipient for one in (sheet, *sheet.then) if one.recipient), ""),
    }
    return {name: value for name, value in parts.items() if value}


def describe_owner(account: str, companies: CompanyRepository) -> dict[str, str]:
    """Describe the account: its name, and its company and tax number if known."""
    company = companies.find(account)
    name = account.partition("@")[0]
    if company is None:
        return {"account": name}
    return {"account": name, "company": company.name, **({"nif": company.nif} if company.nif else {})}


def summarize(
    found: Approval, owner: Mapping[str, str], language: Language, *, several: bool
) -> Iterable[str]:
    """Summarize an approval in lines; `several`: whether the list covers several accounts."""
    subject = describe_subject(found, language)
    head = [subject[name] for name in ("action", "document") if name in subject]
    yield (": ".join(head) if head else sanitize_line(found.summary)) or found.operation
    rest = [subject[name] for name in ("client", "amount", "recipient") if name in subject]
    if rest:
        yield " · ".join(rest)
    if several:
        yield format_owner(owner, language)
    asker = " · ".join(filter(None, (found.principal, sanitize_line(found.host) or found.face)))
    until = render(UNTIL.fill(until=_format_until(found.expires_at)), language)
    yield f"{render(ASKED_BY.fill(who=asker), language)} · {until}"
    if found.differs:
        yield render(DIFFERS, language)


def format_owner(owner: Mapping[str, str], language: Language) -> str:
    """Format the account in a line: `Padaria Central, Lda · NIF 501964843 (padaria)`."""
    if "company" not in owner:
        return owner["account"]
    nif = f" · {render(LABELS['nif'], language)} {sanitize_line(owner['nif'])}" if "nif" in owner else ""
    return f"{sanitize_line(owner['company'])}{nif} ({owner['account']})"


def _format_amount(sheet: ApprovalPreview, language: Language) -> str:
    if sheet.amount is not None:
        return rendering.format_detail(sheet.amount, language)
    paper = sheet.paper
    if paper is None or paper.total is None:
        return ""
    return formats.format_money(paper.total, language, paper.currency)


def _format_until(timestamp: float) -> str:
    moment = datetime.fromtimestamp(timestamp, LISBON)
    today = moment.date() == datetime.now(LISBON).date()
    return f"{moment:%H:%M}" if today else f"{moment:%d/%m %H:%M}"


def as_dict(found: Approval, owner: Mapping[str, str], language: Language, now: float) -> dict[str, Any]:
    """Return the approval as data; the account includes its host, which distinguishes a sandbox."""
    from ix_tools.approvals.requirements import ApprovalRequirement

    late = found.state in {"pending", "approved"} and found.expires_at <= now
    return {
        "id": found.id,
        "state": "expired" if late else found.state,
        "summary": found.summary,
        **describe_subject(found, language),
        "operation": found.operation,
        **owner,
        "account": found.account,
        "principal": found.principal,
        "channel": found.channel,
        **{name: value for name, value in (("face", found.face), ("host", found.host)) if value},
        "differs": found.differs,
        "expires_at": formats.format_rfc3339(found.expires_at),
        **({"reason": found.reason} if found.reason else {}),
        **({"people": ApprovalRequirement.from_json(found.terms).people} if found.terms else {}),
    }
