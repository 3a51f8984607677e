"""The words people read in an approval, Portuguese and English side by side."""

from typing import Literal, NamedTuple

Language = Literal["pt", "en"]


class Said(NamedTuple):
    """One thing said in both languages."""

    pt: str
    en: str

    def in_(self, language: Language) -> str:
        """In one of them."""
        return self.pt if language == "pt" else self.en


class Action(NamedTuple):
    """What is about to happen, and what cannot be undone about it."""

    title: Said
    undone: Said


ACTIONS: dict[str, Action] = {
    "finalized": Action(
        Said("Finalizar", "Finalize"),
        Said(
            "Emite um documento fiscal certificado, comunicado à AT. Depois não pode ser editado nem apagado: "
            "só anulado, com motivo, ou corrigido com uma nota de crédito.",
            "Issues a certified tax document communicated to AT. It can never be edited or deleted afterwards: "
            "only cancelled with a reason, or corrected with a credit note.",
        ),
    ),
    "canceled": Action(
        Said("Anular", "Cancel"),
        Said(
            "O documento fica anulado para sempre e o motivo segue para a AT. Se o cliente já o tiver, ou se o valor "
            "se alterar, emita antes uma nota de crédito.",
            "The document stays cancelled for ever and the reason goes to AT. If the client already has it, or the "
            "amount changes, issue a credit note instead.",
        ),
    ),
    "deleted": Action(
        Said("Apagar o rascunho", "Delete the draft"),
        Said(
            "O rascunho desaparece e não pode ser recuperado.",
            "The draft disappears and cannot be recovered.",
        ),
    ),
    "settled": Action(
        Said("Marcar como pago", "Mark as settled"),
        Said(
            "O documento fica pago; no caso de uma fatura, é emitido um recibo certificado pelo valor em aberto, "
            "que só pode ser anulado, nunca apagado.",
            "The document becomes settled; for an invoice a certified receipt is issued for what is open, "
            "which can only be cancelled, never deleted.",
        ),
    ),
    "unsettled": Action(
        Said("Reabrir (deixa de estar pago)", "Reopen (unsettle)"),
        Said("O documento volta a estar em aberto.", "The document is open again."),
    ),
    "email": Action(
        Said("Enviar por e-mail", "Send by e-mail"),
        Said("Depois de enviado, um e-mail não pode ser recuperado.", "A sent e-mail cannot be called back."),
    ),
    "pay": Action(
        Said("Registar pagamento", "Record a payment"),
        Said(
            "Emite um recibo certificado e numerado. Só pode ser anulado; o número fica usado.",
            "Issues a certified, numbered receipt. It can only be cancelled; the number stays used.",
        ),
    ),
    "cancel_payment": Action(
        Said("Anular pagamento", "Cancel a payment"),
        Said(
            "O recibo fica anulado para sempre e a fatura volta a ficar por pagar.",
            "The receipt stays cancelled for ever and the invoice is open again.",
        ),
    ),
    "register": Action(
        Said("Registar a série na AT", "Register the series with AT"),
        Said(
            "A série é comunicada à AT, que lhe atribui códigos de validação. O registo não pode ser desfeito.",
            "AT gives the series its validation codes. The registration cannot be undone.",
        ),
    ),
    "update_sequence": Action(
        Said("Alterar a série", "Change the series"),
        Said(
            "A numeração continua a partir destes números; depois de finalizado um documento, já não se pode alterar.",
            "Numbering continues from these numbers; once a document is finalized they cannot change.",
        ),
    ),
}

LABELS: dict[str, Said] = {
    "account": Said("Conta", "Account"),
    "document": Said("Documento", "Document"),
    "draft": Said("rascunho", "draft"),
    "number_to_be": Said("Número previsto", "Number to be"),
    "last_in_series": Said("Último da série", "Last in the series"),
    "date": Said("Data", "Date"),
    "due_date": Said("Vencimento", "Due date"),
    "client": Said("Cliente", "Client"),
    "final_consumer": Said("consumidor final", "final consumer"),
    "nif": Said("NIF", "tax number"),
    "no_nif": Said("sem NIF", "no tax number"),
    "lines": Said("Linhas", "Lines"),
    "discount": Said("desconto", "discount"),
    "discount_total": Said("Descontos", "Discounts"),
    "vat": Said("IVA por taxa", "VAT per rate"),
    "base": Said("base", "net"),
    "tax": Said("IVA", "VAT"),
    "exemption": Said("Isenção", "Exemption"),
    "retention": Said("Retenção na fonte", "Withholding tax"),
    "to_pay": Said("A pagar após retenção", "To pay after withholding"),
    "currency": Said("Moeda", "Currency"),
    "second_currency": Said("Também impresso em", "Also printed in"),
    "net": Said("Total sem IVA", "Total before VAT"),
    "total": Said("Total", "Total"),
    "reference": Said("Referência", "Reference"),
    "observations": Said("Observações", "Observations"),
    "reason": Said("Motivo", "Reason"),
    "recipient": Said("Destinatário", "Recipient"),
    "cc": Said("Cc", "Cc"),
    "bcc": Said("Bcc", "Bcc"),
    "subject": Said("Assunto", "Subject"),
    "body": Said("Texto", "Text"),
    "saved_as_client_email": Said("Passa a ser o e-mail do cliente", "Becomes the client's address"),
    "payment": Said("Pagamento", "Payment"),
    "open_before": Said("Em aberto antes", "Open before"),
    "mechanism": Said("Meio de pagamento", "Payment mechanism"),
    "payment_date": Said("Data do pagamento", "Payment date"),
    "note": Said("Nota", "Note"),
    "receipt_series": Said("Série do recibo", "Receipt series"),
    "series": Said("Série", "Series"),
    "types_to_register": Said("Tipos de documento a registar", "Document types to register"),
    "new_name": Said("Nome", "Name"),
    "current_invoice_number": Said("Última fatura", "Last invoice"),
    "current_credit_note_number": Said("Última nota de crédito", "Last credit note"),
    "current_debit_note_number": Said("Última nota de débito", "Last debit note"),
    "becomes_default": Said("Passa a ser a série predefinida", "Becomes the default series"),
    "transport": Said("Transporte", "Transport"),
    "warnings": Said("Atenção", "Note"),
    "differences": Said(
        "ATENÇÃO: o documento guardado difere do que foi pedido",
        "ATTENTION: the stored document differs from what was asked",
    ),
    "asked": Said("pedido", "asked"),
    "stored": Said("guardado", "stored"),
    "undone": Said("Não se desfaz", "Cannot be undone"),
    "sandbox": Said("SANDBOX: sem valor fiscal.", "SANDBOX: no fiscal value."),
    "yes": Said("sim", "yes"),
    "approve": Said("Aprovo", "I approve"),
    "approve_why": Said(
        "Aprove só se tudo o que está acima estiver certo.", "Yes only if everything above is right."
    ),
    "accept_differences": Said("Aceito as diferenças", "I accept the differences"),
    "accept_differences_why": Said(
        "O documento guardado não é o que foi pedido; aceite só se o quiser assim.",
        "The stored document is not what was asked; yes only if you want it as it is.",
    ),
}
