"""Labels and texts of approvals in Portuguese and English."""

from typing import Literal, NamedTuple

Language = Literal["pt", "en"]


class Bilingual(NamedTuple):
    """A text in Portuguese and English."""

    pt: str
    en: str

    def text(self, language: Language) -> str:
        """Return the text in a language."""
        return self.pt if language == "pt" else self.en


class Action(NamedTuple):
    """Title and consequence of an action, and whether it can be undone."""

    title: Bilingual
    consequence: Bilingual
    irreversible: bool = True
    """Whether no later call restores the earlier state."""


ACTIONS: dict[str, Action] = {
    "finalized": Action(
        Bilingual("Finalizar", "Finalize"),
        Bilingual(
            "Emite um documento fiscal definitivo, por programa certificado, comunicado à AT. Depois não pode ser editado "
            "nem apagado: só anulado, com motivo, ou corrigido com uma nota de crédito.",
            "Issues a certified tax document communicated to AT. It can never be edited or deleted afterwards: "
            "only cancelled with a reason, or corrected with a credit note.",
        ),
    ),
    "canceled": Action(
        Bilingual("Anular", "Cancel"),
        Bilingual(
            "O documento fica anulado para sempre e o motivo segue para a AT. Se o valor ou o IVA se alterarem, em vez de "
            "anular emita uma nota de crédito ou de débito.",
            "The document stays cancelled for ever and the reason goes to AT. If the amount or the VAT changes, issue a "
            "credit or debit note instead.",
        ),
    ),
    "finalized_estimate": Action(
        Bilingual("Finalizar", "Finalize"),
        Bilingual(
            "Emite um documento numerado e assinado (não é uma fatura). Depois não pode ser editado nem apagado: só anulado.",
            "Issues a numbered, signed document (it is no invoice). It can never be edited or deleted afterwards: only cancelled.",
        ),
    ),
    "finalized_guide": Action(
        Bilingual("Finalizar", "Finalize"),
        Bilingual(
            "Emite um documento de transporte, comunicado à AT antes do início do transporte. Não pode ser editado nem "
            "apagado; só anulado antes do início do transporte.",
            "Issues a certified guide, communicated to AT before the transport. It can never be edited or deleted; "
            "only cancelled before the transport starts.",
        ),
    ),
    "canceled_estimate": Action(
        Bilingual("Anular", "Cancel"),
        Bilingual("O documento fica anulado para sempre.", "The document stays cancelled for ever."),
    ),
    "canceled_guide": Action(
        Bilingual("Anular", "Cancel"),
        Bilingual(
            "A guia fica anulada para sempre. Só antes do início do transporte, e nunca depois de usado o código da AT.",
            "The guide stays cancelled for ever. Only before the transport starts, and never once AT's code was used.",
        ),
    ),
    "accept": Action(
        Bilingual("Marcar como aceite pelo cliente", "Mark as accepted by the client"),
        Bilingual(
            "Fica aceite; depois ainda pode passar a recusado ou ser anulado.",
            "It becomes accepted; later it can still become refused or be cancelled.",
        ),
        irreversible=False,
    ),
    "refuse": Action(
        Bilingual("Marcar como recusado pelo cliente", "Mark as refused by the client"),
        Bilingual(
            "Fica recusado; depois ainda pode passar a aceite ou ser anulado.",
            "It becomes refused; later it can still become accepted or be cancelled.",
        ),
        irreversible=False,
    ),
    "create_sequence": Action(
        Bilingual("Abrir uma série e registá-la na AT", "Open a series and register it with AT"),
        Bilingual(
            "A AT atribui códigos de validação à série. O registo não pode ser desfeito e o nome fica usado.",
            "AT gives the series its validation codes. The registration cannot be undone and the name stays used.",
        ),
    ),
    "initial_balance": Action(
        Bilingual("Definir o saldo inicial do cliente", "Set a client's initial balance"),
        Bilingual(
            "Substitui o saldo inicial anterior e muda o que o cliente deve. O anterior pode ser reposto.",
            "Replaces the initial balance before it and changes what the client owes. The one before can be put back.",
        ),
        irreversible=False,
    ),
    "regularization": Action(
        Bilingual("Regularizar o saldo do cliente", "Regularize a client's balance"),
        Bilingual(
            "Lança um movimento numerado que abate à dívida do cliente. Pode ser apagado; o número não é reutilizado.",
            "Makes a numbered entry that takes something off the client's debt. It can be deleted; its number is not used again.",
        ),
        irreversible=False,
    ),
    "regularization_deleted": Action(
        Bilingual("Apagar uma regularização", "Delete a regularization"),
        Bilingual(
            "O cliente volta a dever este valor. Pode lançar-se outra, com outro número.",
            "The client owes this amount again. Another one can be made, under another number.",
        ),
        irreversible=False,
    ),
    "movement": Action(
        Bilingual("Registar um movimento de tesouraria", "Record a treasury movement"),
        Bilingual(
            "Muda a conta corrente do cliente. Pode ser apagado; o número não é reutilizado.",
            "Changes the client's account. It can be deleted; its number is not used again.",
        ),
        irreversible=False,
    ),
    "movement_deleted": Action(
        Bilingual("Apagar um movimento de tesouraria", "Delete a treasury movement"),
        Bilingual(
            "O valor sai da conta corrente do cliente. Pode registar-se outro, com outro número.",
            "The amount leaves the client's account. Another one can be recorded, under another number.",
        ),
        irreversible=False,
    ),
    "create_account": Action(
        Bilingual("Criar uma conta InvoiceXpress", "Create an InvoiceXpress account"),
        Bilingual(
            "Cria uma conta em nome desta organização e aceita os termos da InvoiceXpress. Só o apoio da InvoiceXpress a pode encerrar.",
            "Creates an account in this organization's name and accepts InvoiceXpress's terms. Only their support closes it.",
        ),
    ),
    "update_account": Action(
        Bilingual("Alterar a conta InvoiceXpress", "Change the InvoiceXpress account"),
        Bilingual(
            "Os documentos seguintes saem com estes dados; os já emitidos não mudam.",
            "Later documents carry these details; issued ones do not change.",
        ),
        irreversible=False,
    ),
    "at_communication": Action(
        Bilingual("Configurar a comunicação com a AT", "Set up the communication with AT"),
        Bilingual(
            "Os documentos passam a seguir para a AT com estas credenciais. O que for comunicado não se recolhe.",
            "Documents go to AT with these credentials from now on. What is communicated cannot be called back.",
        ),
    ),
    "deleted": Action(
        Bilingual("Apagar o rascunho", "Delete the draft"),
        Bilingual(
            "O rascunho desaparece e não pode ser recuperado.",
            "The draft disappears and cannot be recovered.",
        ),
    ),
    "client_deleted": Action(
        Bilingual("Apagar o cliente", "Delete the client"),
        Bilingual(
            "O cliente desaparece, com o que houver na sua conta corrente (orçamentos e guias não são consultados). "
            "Pode criar-se outro com os mesmos dados, mas com outro id.",
            "The client disappears, with whatever stands in their account (estimates and guides are not looked at). "
            "Another can be created with the same details, under another id.",
        ),
    ),
    "item_deleted": Action(
        Bilingual("Apagar o artigo do catálogo", "Delete the item from the catalogue"),
        Bilingual(
            "O artigo deixa de existir para toda a conta; os documentos já feitos ficam como estão. Pode criar-se outro, com outro id.",
            "The item is gone for the whole account; documents already made stay as they are. Another can be created, under another id.",
        ),
    ),
    "tax_deleted": Action(
        Bilingual("Apagar a taxa de IVA", "Delete the VAT rate"),
        Bilingual(
            "Artigos e rascunhos que indicam esta taxa deixam de a encontrar, e a InvoiceXpress usa então outra, sem avisar. "
            "Os documentos emitidos não mudam. Pode criar-se outra, com outro id.",
            "Items and drafts that name this rate no longer find it, and InvoiceXpress then uses another without saying so. "
            "Issued documents do not change. Another can be created, under another id.",
        ),
    ),
    "settled": Action(
        Bilingual("Marcar como pago", "Mark as settled"),
        Bilingual(
            "O documento fica pago; no caso de uma fatura, é emitido um recibo pelo valor em aberto, "
            "que só pode ser anulado, nunca apagado.",
            "The document becomes settled; for an invoice a receipt is issued for what is open, "
            "which can only be cancelled, never deleted.",
        ),
    ),
    "settled_note": Action(
        Bilingual("Marcar como regularizada", "Mark as settled"),
        Bilingual(
            "A nota fica regularizada, sem recibo. Pode ser reaberta.",
            "The note becomes settled, without a receipt. It can be reopened.",
        ),
        irreversible=False,
    ),
    "unsettled": Action(
        Bilingual("Reabrir (deixa de estar regularizada)", "Reopen (unsettle)"),
        Bilingual(
            "O documento volta a estar em aberto. Pode voltar a ser marcado como regularizado.",
            "The document is open again. It can be marked as settled once more.",
        ),
        irreversible=False,
    ),
    "email": Action(
        Bilingual("Enviar por e-mail", "Send by e-mail"),
        Bilingual(
            "Depois de enviado, um e-mail não pode ser recuperado.", "A sent e-mail cannot be called back."
        ),
    ),
    "pay": Action(
        Bilingual("Registar pagamento", "Record a payment"),
        Bilingual(
            "Emite um recibo numerado. Só pode ser anulado; o número fica usado.",
            "Issues a numbered receipt. It can only be cancelled; the number stays used.",
        ),
    ),
    "cancel_payment": Action(
        Bilingual("Anular pagamento", "Cancel a payment"),
        Bilingual(
            "O recibo fica anulado para sempre e a fatura volta a ficar por pagar.",
            "The receipt stays cancelled for ever and the invoice is open again.",
        ),
    ),
    "register": Action(
        Bilingual("Registar a série na AT", "Register the series with AT"),
        Bilingual(
            "A série é comunicada à AT, que lhe atribui códigos de validação. O registo não pode ser desfeito.",
            "AT gives the series its validation codes. The registration cannot be undone.",
        ),
    ),
    "update_sequence": Action(
        Bilingual("Alterar a série", "Change the series"),
        Bilingual(
            "A numeração continua a partir destes números; depois de finalizado um documento, já não se pode alterar.",
            "Numbering continues from these numbers; once a document is finalized they cannot change.",
        ),
        irreversible=False,
    ),
}

STATES: dict[str, Bilingual] = {
    "open": Bilingual("em aberto {}", "{} open"),
    "final": Bilingual("Emitido", "Issued"),
    "second_copy": Bilingual("Emitido", "Issued"),
    "settled": Bilingual("Liquidada", "Settled"),
    "canceled": Bilingual("Anulado", "Cancelled"),
    "accepted": Bilingual("Aceite pelo cliente", "Accepted by the client"),
    "refused": Bilingual("Recusado pelo cliente", "Refused by the client"),
}
"""States of a document; `open` with the amount."""

LABELS: dict[str, Bilingual] = {
    "account": Bilingual("Conta", "Account"),
    "issuer": Bilingual("Emitente", "Issuer"),
    "document": Bilingual("Documento", "Document"),
    "draft": Bilingual("rascunho", "draft"),
    "expected_number": Bilingual("n.º previsto", "expected number"),
    "last_in_series": Bilingual("Último da série", "Last in the series"),
    "date": Bilingual("Data", "Date"),
    "due_date": Bilingual("Vencimento", "Due date"),
    "client": Bilingual("Cliente", "Client"),
    "final_consumer": Bilingual("consumidor final", "final consumer"),
    "nif": Bilingual("NIF", "tax number"),
    "no_nif": Bilingual("sem NIF", "no tax number"),
    "lines": Bilingual("Linhas", "Lines"),
    "discount": Bilingual("desconto", "discount"),
    "discount_total": Bilingual("Descontos", "Discounts"),
    "gross": Bilingual("Valor ilíquido", "Gross"),
    "line_discounts": Bilingual("Descontos nas linhas", "Discounts on lines"),
    "lines_total": Bilingual("Soma das linhas", "Sum of the lines"),
    "global_discount": Bilingual("Desconto global", "Discount on the whole document"),
    "rounding": Bilingual("Arredondamento", "Rounding"),
    "difference": Bilingual("Diferença por explicar", "Unexplained difference"),
    "vat_total": Bilingual("Total do IVA", "VAT in total"),
    "credited": Bilingual("Creditado por notas de crédito", "Credited by credit notes"),
    "computed": Bilingual("calculado a partir das linhas", "computed from the lines"),
    "not_told": Bilingual("não indicado pela InvoiceXpress", "not given by InvoiceXpress"),
    "vat": Bilingual("IVA por taxa", "VAT per rate"),
    "base": Bilingual("base", "net"),
    "tax": Bilingual("IVA", "VAT"),
    "exemption": Bilingual("Isenção", "Exemption"),
    "retention": Bilingual("Retenção na fonte", "Withholding tax"),
    "to_pay": Bilingual("A pagar", "To pay"),
    "currency": Bilingual("Moeda", "Currency"),
    "second_currency": Bilingual("Contravalor impresso", "Second total printed"),
    "exchange_rate": Bilingual("câmbio", "rate"),
    "draft_id": Bilingual("Rascunho", "Draft"),
    "status": Bilingual("Estado", "State"),
    "largest_lines": Bilingual("As {shown} maiores de {all} linhas", "The {shown} largest of {all} lines"),
    "more": Bilingual("mais {count}", "{count} more"),
    "summarised": Bilingual(
        "Isto é um resumo. O documento inteiro, linha por linha, num terminal: {command}",
        "This is a summary. The whole document, line by line, in a terminal: {command}",
    ),
    "net": Bilingual("Total sem IVA", "Total before VAT"),
    "total": Bilingual("Total", "Total"),
    "reason": Bilingual("Motivo", "Reason"),
    "recipient": Bilingual("Destinatário", "Recipient"),
    "cc": Bilingual("Cc", "Cc"),
    "bcc": Bilingual("Bcc", "Bcc"),
    "subject": Bilingual("Assunto", "Subject"),
    "body": Bilingual("Texto", "Text"),
    "saved_as_client_email": Bilingual("Passa a ser o e-mail do cliente", "Becomes the client's address"),
    "payment": Bilingual("Pagamento", "Payment"),
    "open_before": Bilingual("Em aberto antes", "Open before"),
    "withheld": Bilingual("Retido pelo cliente", "Withheld by the client"),
    "mechanism": Bilingual("Meio de pagamento", "Payment mechanism"),
    "payment_date": Bilingual("Data do pagamento", "Payment date"),
    "note": Bilingual("Nota", "Note"),
    "receipt_series": Bilingual("Série do recibo", "Receipt series"),
    "series": Bilingual("Série", "Series"),
    "types_to_register": Bilingual("Tipos de documento a registar", "Document types to register"),
    "new_name": Bilingual("Nome", "Name"),
    "current_invoice_number": Bilingual("Última fatura", "Last invoice"),
    "current_credit_note_number": Bilingual("Última nota de crédito", "Last credit note"),
    "current_debit_note_number": Bilingual("Última nota de débito", "Last debit note"),
    "becomes_default": Bilingual("Passa a ser a série predefinida", "Becomes the default series"),
    "client_documents": Bilingual("Faturas, notas e recibos", "Invoices, notes and receipts"),
    "item": Bilingual("Artigo", "Item"),
    "description": Bilingual("Descrição", "Description"),
    "unit_price": Bilingual("Preço unitário sem IVA", "Unit price without VAT"),
    "tax_name": Bilingual("Taxa de IVA", "VAT rate"),
    "rate": Bilingual("Percentagem", "Percent"),
    "region": Bilingual("Região", "Region"),
    "client_code": Bilingual("Código do cliente", "Client's code"),
    "value": Bilingual("Valor", "Value"),
    "entry_date": Bilingual("Data", "Date"),
    "observation": Bilingual("Observação", "Observation"),
    "regularization_number": Bilingual("Regularização", "Regularization"),
    "movement": Bilingual("Movimento", "Movement"),
    "movement_type": Bilingual("Tipo", "Type"),
    "owed_before": Bilingual("Em dívida antes", "Owed before"),
    "balance_before": Bilingual("Saldo inicial antes", "Initial balance before"),
    "organization": Bilingual("Organização", "Organization"),
    "email": Bilingual("E-mail", "E-mail"),
    "person": Bilingual("Pessoa", "Person"),
    "secret": Bilingual("Palavra-passe", "Password"),
    "at_secret": Bilingual("Palavra-passe da AT", "Password of AT"),
    "not_shown": Bilingual("dada, não se mostra", "given, not shown"),
    "terms": Bilingual("Aceita os termos da InvoiceXpress", "Accepts InvoiceXpress's terms"),
    "existing_user": Bilingual("Para quem já é utilizador", "For someone who is a user already"),
    "at_subuser": Bilingual("Subutilizador da AT", "Sub-user at AT"),
    "communication": Bilingual("Comunicação", "Communication"),
    "address": Bilingual("Morada", "Address"),
    "phone": Bilingual("Telefone", "Telephone"),
    "account_id": Bilingual("Id da conta", "Account id"),
    "transport": Bilingual("Transporte", "Transport"),
    "then": Bilingual("Depois, com a mesma aprovação", "Then, with the same approval"),
    "warnings": Bilingual("Atenção", "Note"),
    "differences": Bilingual(
        "ATENÇÃO: o documento guardado difere do que foi pedido",
        "ATTENTION: the stored document differs from what was asked",
    ),
    "asked": Bilingual("pedido", "asked"),
    "stored": Bilingual("guardado", "stored"),
    "irreversible": Bilingual("Irreversível", "Irreversible"),
    "consequence": Bilingual("O que muda", "What changes"),
    "receipt": Bilingual("Recibo", "Receipt"),
    "paid": Bilingual("Pago até agora", "Paid until now"),
    "state": Bilingual("Situação", "State"),
    "bills": Bilingual("Fatura o documento", "Bills the document"),
    "paid_for": Bilingual("Referente a", "For"),
    "corrects": Bilingual("Corrige", "Corrects"),
    "paid_of_it": Bilingual("pago", "paid"),
    "plate": Bilingual("Matrícula", "Number plate"),
    "loaded_at": Bilingual("Início do transporte", "Start of the transport"),
    "origin": Bilingual("Local de carga", "Loaded at"),
    "destination": Bilingual("Local de descarga", "Delivered at"),
    "unreadable": Bilingual("não é possível ler", "cannot be read"),
    "none": Bilingual("sem indicação", "none given"),
    "to": Bilingual("para", "to"),
    "of": Bilingual("de", "of"),
    "with_vat": Bilingual("com IVA", "with VAT"),
    "without_vat": Bilingual("sem IVA", "without VAT"),
    "sandbox": Bilingual("SANDBOX: sem valor fiscal.", "SANDBOX: no fiscal value."),
    "yes": Bilingual("sim", "yes"),
    "on_the_page": Bilingual(
        "Abra a página para ver o documento e decidir. Abri-la não aprova nada.",
        "Open the page to see the document and decide. Opening it approves nothing.",
    ),
    "approve": Bilingual("Aprovo", "I approve"),
    "approve_why": Bilingual(
        "Aprove só se tudo o que está acima estiver certo.", "Yes only if everything above is right."
    ),
    "reason_if_not": Bilingual("Se não aprova, porquê", "If you do not approve, why"),
    "accept_differences": Bilingual("Aceito as diferenças", "I accept the differences"),
    "accept_differences_why": Bilingual(
        "O documento guardado não é o que foi pedido; aceite só se o quiser assim.",
        "The stored document is not what was asked; yes only if you want it as it is.",
    ),
}
