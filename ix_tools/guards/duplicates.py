"""Rules about a document that may have been issued already."""

from collections.abc import Iterator

from ix_tools.domain.records import Document
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, warn
from ix_tools.guards.protocols import Transition
from ix_tools.i18n.messages import message


@wants(Want.DOCUMENT, Want.ISSUED_LATELY)
def same_document_not_issued_unseen(call: Transition, facts: Facts) -> Iterator[Finding]:
    """Warn the approver of a document with the client, lines, reference and total of one issued within a day."""
    document = facts.document
    if call.state != "finalized" or document is None:
        return
    wanted = _list_content(document)
    for other in facts.issued_lately:
        if other.id == document.id or _list_content(other) != wanted:
            continue
        if other.date == facts.today:
            same = message(
                "the same as {number} of today: client, lines and total are equal", number=other.number
            )
        else:
            same = message(
                "the same as {number} of {day}: client, lines and total are equal",
                number=other.number,
                day=other.date,
            )
        yield warn("items", same)
        return


def _list_content(document: Document) -> list[object]:
    """List what makes two documents the same for a person."""
    client = document.client.id if document.client is not None else None
    lines = [
        (one.name, one.description or "", one.quantity, one.unit_price, one.discount or 0, one.tax)
        for one in document.lines
    ]
    return [document.document_type, client, document.total, document.reference or "", *lines]
