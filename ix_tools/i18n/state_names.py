"""Names of the states of documents and of approvals in Portuguese and English."""

from ix_tools.i18n.languages import Bilingual, Language
from ix_tools.i18n.messages import Message, message, render

STATE_HEADINGS: dict[str, Message] = {
    "final": message("Issued"),
    "second_copy": message("Issued"),
    "settled": message("Settled"),
    "canceled": message("Cancelled"),
    "accepted": message("Accepted by the client"),
    "refused": message("Refused by the client"),
}
"""Names of the states of a document that stand by themselves, as on a stamp."""


def render_state(state: str, language: Language) -> str:
    """Return the name of a document's state where it stands by itself; an unknown state stays as it is."""
    return render(STATE_HEADINGS[state], language) if state in STATE_HEADINGS else state


STATE_NAMES: dict[str, str] = {
    "draft": "em rascunho",
    "final": "emitido",
    "finalized": "finalizado",
    "sent": "emitido",
    "settled": "liquidado",
    "unsettled": "reaberto",
    "canceled": "anulado",
    "deleted": "apagado",
    "accepted": "aceite pelo cliente",
    "refused": "recusado pelo cliente",
    "second_copy": "emitido",
}
"""Portuguese names of the states of a document."""


def name_state(state: str | None) -> Bilingual | None:
    """Return the name of a state within a sentence: in English InvoiceXpress's word; None if the state is not known."""
    return Bilingual(STATE_NAMES.get(state, state), state) if state else None


APPROVAL_STATES: dict[str, str] = {
    "pending": "à espera de decisão",
    "approved": "aprovado",
    "rejected": "rejeitado",
    "unanswered": "sem resposta",
    "expired": "fora de prazo",
    "stale": "desatualizado",
    "used": "já usado",
}
"""Portuguese names of the states of an approval."""


def name_approval_state(state: str) -> Bilingual:
    """Return the name of an approval's state within a sentence."""
    return Bilingual(APPROVAL_STATES.get(state, state), state)
