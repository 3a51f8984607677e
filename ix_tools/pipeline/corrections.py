"""Correction plans: how to correct a result that cannot be undone, and by when.

The law was read through secondary sources (help centres, opinions of the chartered accountants' order), so each plan
names its source and an accountant has the last word. The law names no deadline of 48 hours or 4 working days for cancelling.
"""

from typing import Any, NamedTuple

from ix_tools.fiscal.deadlines import get_reporting_deadline
from ix_tools.i18n.labels import Bilingual, Language
from ix_tools.operations.expectations import Correction


class CorrectionPlan(NamedTuple):
    """Action, deadline and legal source of a correction. `{day}` is the day the data reach the tax authority."""

    action: Bilingual
    deadline: Bilingual
    source: str = ""


NO_DEADLINE = Bilingual("sem prazo", "no deadline")
NO_UNDO = Bilingual("não há prazo: não se desfaz", "no deadline: it cannot be undone")
IX = "InvoiceXpress"

PLANS: dict[str, CorrectionPlan] = {
    "invoice_issued": CorrectionPlan(
        Bilingual(
            "Se o cliente ainda não o tem e nem valor nem IVA mudam: anular com motivo (change_state canceled, antes os recibos). "
            "Se o valor ou o IVA mudam, ou o cliente já o tem: nota de crédito que o cite (create_invoice credit_notes). Nunca as duas.",
            "If the client does not have it yet and neither value nor VAT changes: cancel it with a reason (change_state "
            "canceled, its receipts first). If value or VAT changes, or the client has it: a credit note that cites it "
            "(create_invoice credit_notes). Never both.",
        ),
        Bilingual(
            "anular: antes de os dados seguirem para a AT, até {day}; depois, nota de crédito logo que se saiba do erro",
            "cancelling: before its data reach the tax authority, by {day}; after that a credit note, as soon as the error is known",
        ),
        "CIVA 29/7 e 36/6; Of.-Circ. 30136/2012, ponto 14; DL 28/2019",
    ),
    "issued_and_sent": CorrectionPlan(
        Bilingual(
            "O cliente já o tem: nota de crédito que o cite (create_invoice credit_notes). O e-mail não se recolhe.",
            "The client has it: a credit note that cites it (create_invoice credit_notes). The e-mail cannot be called back.",
        ),
        Bilingual(
            "logo que se saiba do erro; os dados chegam à AT até {day}",
            "as soon as the error is known; its data reach the tax authority by {day}",
        ),
        "CIVA 29/7 e 36/6; DL 28/2019",
    ),
    "note_issued": CorrectionPlan(
        Bilingual(
            "Anular com motivo (change_state canceled) e emitir outra nota.",
            "Cancel it with a reason (change_state canceled) and issue another note.",
        ),
        Bilingual(
            "antes de os dados seguirem para a AT, até {day}",
            "before its data reach the tax authority, by {day}",
        ),
        "CIVA 29/7, 78; DL 28/2019",
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
            "até ao 5.º dia útil depois da venda ou do serviço",
            "by the 5th working day after the sale or service",
        ),
        "CIVA 36/1",
    ),
    "other_canceled": CorrectionPlan(
        Bilingual("Uma anulação não se desfaz: criar outro documento.", "A cancellation cannot be undone: create another document."),
        NO_DEADLINE,
        IX,
    ),
    "draft_deleted": CorrectionPlan(
        Bilingual("Criar o rascunho outra vez; não gastou número.", "Create the draft again; it used no number."), NO_DEADLINE, IX
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
            "Um e-mail não se recolhe: escrever a quem o recebeu; o documento corrige-se à parte.",
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
            "O registo na AT não se desfaz: deixar a série por usar e registar outra (create_sequence).",
            "The registration cannot be undone: leave the series unused and open another (create_sequence).",
        ),
        NO_UNDO,
        "Portaria 195/2020",
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
        Bilingual("Apagar; só enquanto nenhum documento usar.", "Delete it; only while no document uses it."),
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
            "Lançar outra vez; o número antigo não volta.", "Make the entry again; the old number does not come back."
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
            "Configurar outra vez (setup_at_communication) ou mudar a senha do subutilizador no Portal das Finanças; o comunicado fica.",
            "Set it up again (setup_at_communication), or change the sub-user's password at the tax authority; what went out stays.",
        ),
        Bilingual("antes do próximo documento", "before the next document"),
        IX,
    ),
}  # fmt: skip


def describe_correction(correction: Correction, language: Language) -> dict[str, Any]:
    """Return a correction as results show it: action, deadline, source and the calls to make."""
    chosen = PLANS[correction.plan]
    day = (
        f"{get_reporting_deadline(correction.since):%d/%m/%Y}"
        if correction.since
        else {"pt": "dia 5 do mês seguinte", "en": "day 5 of the next month"}[language]
    )
    shown: dict[str, Any] = {
        "what": chosen.action.text(language),
        "by": chosen.deadline.text(language).format(day=day),
    }
    if chosen.source:
        shown["source"] = chosen.source
    if correction.steps:
        shown["calls"] = [step.as_dict() for step in correction.steps]
    return shown
