"""Correction plans: how to correct a result that cannot be undone, and by when.

The law was read through secondary sources (help centres, opinions of the chartered accountants' order), so each plan
names its source and an accountant has the last word. The law names no deadline of 48 hours or 4 working days for cancelling.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from ix_tools.fiscal.deadlines import get_issue_deadline, get_reporting_deadline
from ix_tools.i18n.labels import Bilingual, Language
from ix_tools.operations.expectations import Correction


class CorrectionPlan(NamedTuple):
    """Action, deadline and legal source of a correction."""

    action: Bilingual
    deadline: Bilingual
    """Deadline; `{day}` is the day that `find_day` gives."""
    source: str = ""
    find_day: Callable[[date], date] | None = None
    """Finds the deadline's day from the document's date."""
    is_over: Bilingual | None = None
    """Text for the time after the deadline, so that no past day is named."""


NO_DEADLINE = Bilingual("sem prazo", "no deadline")
NO_UNDO = Bilingual("não há prazo: não se desfaz", "no deadline: it cannot be undone")
IX = "InvoiceXpress"
REPORT = Bilingual(
    "anular: de preferência até {day}, dia em que os dados do mês são devidos à AT; depois disso reenvia-se o SAF-T do mês. "
    "Notas: quanto antes; correct_document diz o prazo",
    "cancelling: best by {day}, when the month's data are due at the tax authority; after that the month's SAF-T is sent again. "
    "Notes: as soon as possible; correct_document says by when",
)
REPORTED = Bilingual(
    "anular: os dados do mês já eram devidos à AT, por isso reenvia-se o SAF-T do mês, com o documento no estado A. "
    "Notas: quanto antes; correct_document diz o prazo",
    "cancelling: the month's data were due at the tax authority already, so the month's SAF-T is sent again, with the document in "
    "state A. Notes: as soon as possible; correct_document says by when",
)

PLANS: dict[str, CorrectionPlan] = {
    "invoice_issued": CorrectionPlan(
        Bilingual(
            "Se nem o valor tributável nem o imposto se alteram (por exemplo o NIF), ou se nunca saiu: anular com motivo "
            "(change_state canceled, "
            "antes os recibos) e emitir de novo. Se o valor ou o IVA mudam: nota de crédito do que é a mais ou nota de débito "
            "do que falta, com "
            "referência a ele (create_invoice). Nunca anular e creditar.",
            "If neither value nor VAT changes (the NIF, for instance), or if it never left: cancel it with a reason "
            "(change_state canceled, "
            "its receipts first) and issue it again. If value or VAT changes: a credit note for what is too much or a debit "
            "note for what is "
            "missing, citing it (create_invoice). Never cancel and credit.",
        ),
        REPORT,
        "CIVA 29/7 e 36/6; Of.-Circ. 30136/2012, ponto 14; DL 28/2019",
        get_reporting_deadline,
        REPORTED,
    ),
    "issued_and_sent": CorrectionPlan(
        Bilingual(
            "Um e-mail enviado não pode ser anulado. Se o valor ou o IVA mudam: nota de crédito do que é a mais ou nota de "
            "débito do que falta, "
            "com referência a ele (create_invoice). Se só os dados do cliente estão errados: anular com motivo e emitir de "
            "novo, mesmo depois de "
            "entregue (a InvoiceXpress aconselha uma nota de crédito). Nunca anular e creditar.",
            "The e-mail cannot be called back. If value or VAT changes: a credit note for what is too much or a debit note for "
            "what is missing, "
            "citing it (create_invoice). If only the client's details are wrong: cancel it with a reason and issue it again, "
            "also once "
            "delivered (InvoiceXpress advises a credit note). Never cancel and credit.",
        ),
        REPORT,
        "CIVA 29/7 e 36/6; Of.-Circ. 30136/2012, ponto 14; PIV 10376; OCC PT27991",
        get_reporting_deadline,
        REPORTED,
    ),
    "note_issued": CorrectionPlan(
        Bilingual(
            "Se nunca saiu: anular com motivo (change_state canceled) e emitir outra nota. Se o cliente já a tem: a nota "
            "contrária, sobre a mesma "
            "fatura (create_invoice), porque uma nota altera o valor e o IVA.",
            "If it never left: cancel it with a reason (change_state canceled) and issue another note. If the client has it: "
            "the opposite note, "
            "about the same invoice (create_invoice), since a note changes value and VAT.",
        ),
        REPORT,
        "CIVA 29/7, 36/6 e 78; Of.-Circ. 30136/2012, ponto 14",
        get_reporting_deadline,
        REPORTED,
    ),
    "guide_issued": CorrectionPlan(
        Bilingual(
            "Anular (change_state canceled) e emitir outra guia.",
            "Cancel it (change_state canceled) and issue another guide.",
        ),
        Bilingual(
            "antes do início do transporte; depois de usado o código da AT já não",
            "before the transport starts; not once the tax authority's code was used",
        ),
        "DL 147/2003",
    ),
    "estimate_issued": CorrectionPlan(
        Bilingual("Anular (change_state canceled) e criar outro.", "Cancel it (change_state canceled) and create another."),
        NO_DEADLINE,
        IX,
    ),
    "canceled": CorrectionPlan(
        Bilingual(
            "Uma anulação não se desfaz: emitir um documento novo (create_invoice).",
            "A cancellation cannot be undone: issue a new document (create_invoice).",
        ),
        Bilingual(
            "até ao 5.º dia útil após a venda ou o serviço: {day}, se foi no dia do documento anulado",
            "by the 5th working day after the sale or service: {day}, if that was the cancelled document's date",
        ),
        "CIVA 36/1",
        get_issue_deadline,
        Bilingual(
            "de imediato: o prazo é o 5.º dia útil após a venda ou o serviço",
            "at once: the deadline is the 5th working day after the sale or service",
        ),
    ),
    "other_canceled": CorrectionPlan(
        Bilingual("Uma anulação não se desfaz: criar outro documento.", "A cancellation cannot be undone: create another document."),
        NO_DEADLINE,
        IX,
    ),
    "draft_deleted": CorrectionPlan(
        Bilingual("Criar o rascunho outra vez; não chegou a ter número.", "Create the draft again; it used no number."), NO_DEADLINE, IX
    ),
    "settled": CorrectionPlan(
        Bilingual(
            "Anular o recibo (cancel_payment; get_related_documents mostra-o): o documento fica outra vez por pagar.",
            "Cancel its receipt (cancel_payment; get_related_documents shows it): the document is open again.",
        ),
        NO_DEADLINE,
        IX,
    ),
    "note_settled": CorrectionPlan(
        Bilingual("Reabrir (change_state unsettled).", "Reopen it (change_state unsettled)."), NO_DEADLINE, IX
    ),
    "unsettled": CorrectionPlan(
        Bilingual("Marcar outra vez como regularizada (change_state settled).", "Settle it again (change_state settled)."), NO_DEADLINE, IX
    ),
    "answered": CorrectionPlan(
        Bilingual(
            "Mudar a resposta (change_state accept ou refuse) ou anular.",
            "Change the answer (change_state accept or refuse), or cancel it.",
        ),
        NO_DEADLINE,
        IX,
    ),
    "sent": CorrectionPlan(
        Bilingual(
            "Um e-mail enviado não pode ser anulado: escrever a quem o recebeu; o documento corrige-se à parte.",
            "An e-mail cannot be recalled: write to its recipient; correct the document separately.",
        ),
        NO_UNDO,
    ),
    "paid": CorrectionPlan(
        Bilingual(
            "Anular o recibo com motivo (cancel_payment); o número fica usado.",
            "Cancel the receipt with a reason (cancel_payment); its number stays used.",
        ),
        NO_DEADLINE,
        IX,
    ),
    "payment_canceled": CorrectionPlan(
        Bilingual("Registá-lo outra vez (generate_payment), com recibo novo.", "Record it again (generate_payment), with a new receipt."),
        NO_DEADLINE,
        IX,
    ),
    "registered": CorrectionPlan(
        Bilingual(
            "A InvoiceXpress não anula o registo. Uma série sem documentos pode ser anulada no Portal das Finanças (e-Fatura, "
            "séries); "
            "depois disso fica por usar e regista-se outra (create_sequence).",
            "InvoiceXpress does not take the registration back. A series without documents can be annulled at the tax "
            "authority's site "
            "(e-Fatura, series); later leave it unused and open another (create_sequence).",
        ),
        Bilingual(
            "no Portal das Finanças: no próprio dia ou no seguinte, enquanto não tiver documentos",
            "at the tax authority's site: the same or the next day, while it has no documents",
        ),
        "Portaria 195/2020; AT, anularSerie",
    ),
    "numbering_changed": CorrectionPlan(
        Bilingual("Alterar outra vez (update_sequence).", "Change it again (update_sequence)."),
        Bilingual("enquanto nada for finalizado na série", "while nothing is finalized in the series"),
        IX,
    ),
    "changed": CorrectionPlan(
        Bilingual(
            "Repor os valores anteriores; documentos já emitidos não mudam.",
            "Put the earlier values back; issued documents do not change.",
        ),
        NO_DEADLINE,
        IX,
    ),
    "created": CorrectionPlan(
        Bilingual("Apagar; enquanto nenhum documento o utilizar.", "Delete it; only while no document uses it."),
        Bilingual("antes do primeiro documento", "before the first document"),
        IX,
    ),
    "removed": CorrectionPlan(
        Bilingual("Criar outra vez, com outro id.", "Create it again; it gets another id."), NO_DEADLINE, IX
    ),
    "entry_made": CorrectionPlan(
        Bilingual("Apagar o movimento e lançar o certo.", "Delete the entry and make the right one."), NO_DEADLINE, IX
    ),
    "entry_removed": CorrectionPlan(
        Bilingual(
            "Lançar outra vez; o número antigo não é reutilizado.", "Make the entry again; the old number does not come back."
        ),
        NO_DEADLINE,
        IX
    ),
    "account_created": CorrectionPlan(
        Bilingual("Só o apoio da InvoiceXpress fecha uma conta.", "Only InvoiceXpress's support closes an account."), NO_UNDO, IX
    ),
    "account_changed": CorrectionPlan(
        Bilingual(
            "Alterar outra vez (update_account); as credenciais da AT mudam-se no Portal das Finanças.",
            "Change it again (update_account); credentials of the tax authority are changed at its own site.",
        ),
        NO_DEADLINE,
        IX,
    ),
    "at_set_up": CorrectionPlan(
        Bilingual(
            "Configurar outra vez (setup_at_communication) ou mudar a palavra-passe do subutilizador no Portal das Finanças; o "
            "que já foi comunicado mantém-se.",
            "Set it up again (setup_at_communication), or change the sub-user's password at the tax authority; what went out stays.",
        ),
        Bilingual("antes do próximo documento", "before the next document"),
        IX,
    ),
}  # fmt: skip


def describe_correction(correction: Correction, language: Language, today: date) -> dict[str, Any]:
    """Return a correction as results show it: action, deadline, source and the calls to make."""
    chosen = PLANS[correction.plan]
    shown: dict[str, Any] = {
        "what": chosen.action.text(language),
        "by": _describe_deadline(chosen, correction.since or today, today, language),
    }
    if chosen.source:
        shown["source"] = chosen.source
    if correction.steps:
        shown["calls"] = [step.as_dict() for step in correction.steps]
    return shown


def _describe_deadline(plan: CorrectionPlan, since: date, today: date, language: Language) -> str:
    if plan.find_day is None or plan.is_over is None:
        return plan.deadline.text(language)
    day = plan.find_day(since)
    if day < today:
        return plan.is_over.text(language)
    return plan.deadline.text(language).format(day=f"{day:%d/%m/%Y}")
