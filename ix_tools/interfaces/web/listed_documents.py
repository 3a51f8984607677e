"""A document of the overview as lists and its own page show it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ix_tools.domain.document_kinds import list_document_kinds, name_document_kind
from ix_tools.i18n import formats
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render
from ix_tools.interfaces.web.overview_texts import STATES
from ix_tools.interfaces.web.visitors import INBOX
from ix_tools.storage.figure_sums import Listed


def show_document(one: Listed, labels: Mapping[str, str], language: Language) -> dict[str, str]:
    """Return a document's figures as a page shows them.

    Args:
        labels: names of the accounts in the settings, by their names in the store.
    """
    kinds = {kind.plural for kind in list_document_kinds()}
    name = render(name_document_kind(one.document_type), language)
    label = labels.get(one.account, "")
    number = one.number or f"#{one.document_id}"

    def show(amount: Decimal) -> str:
        return formats.format_money(amount, language, one.currency or "Euro")

    def day(text: str) -> str:
        return formats.format_date(date.fromisoformat(text), language) if text else ""

    story = f"{INBOX}/documents/{label}/{one.document_type}/{one.document_id}?lang={language}"
    return {
        "name": f"{name} {number}".strip(),
        "path": story if label and one.document_type in kinds else "",
        "account": label,
        "date": day(one.date),
        "due_date": day(one.due_date),
        "state": render(STATES[one.state], language) if one.state in STATES else one.state,
        "net": show(one.net),
        "vat": show(one.vat),
        "total": show(one.total),
        "open": show(one.open),
    }
