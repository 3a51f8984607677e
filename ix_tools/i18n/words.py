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
    """What is about to happen, what it leaves behind, and whether that stays for good."""

    title: Said
    consequence: Said
    irreversible: bool = True
    """Whether no later call brings back what there was before."""


ACTIONS: dict[str, Action] = {
    "finalized": Action(
        Said("Finalizar", "Finalize"),
        Said(
            "Emite um documento fiscal definitivo, por programa certificado, comunicado à AT. Depois não pode ser editado "
            "nem apagado: só anulado, com motivo, ou corrigido com uma nota de crédito.",
            "Issues a certified tax document communicated to AT. It can never be edited or deleted afterwards: "
            "only cancelled with a reason, or corrected with a credit note.",
        ),
    ),
    "canceled": Action(
        Said("Anular", "Cancel"),
        Said(
            "O documento fica anulado para sempre e o motivo segue para a AT. Se o cliente já o tiver, ou se o valor "
            "se alterar, em vez de anular emita uma nota de crédito.",
            "The document stays cancelled for ever and the reason goes to AT. If the client already has it, or the "
            "amount changes, issue a credit note instead.",
        ),
    ),
    "finalized_estimate": Action(
        Said("Finalizar", "Finalize"),
        Said(
            "Emite um documento numerado e assinado (não é uma fatura). Depois não pode ser editado nem apagado: só anulado.",
            "Issues a numbered, signed document (it is no invoice). It can never be edited or deleted afterwards: only cancelled.",
        ),
    ),
    "finalized_guide": Action(
        Said("Finalizar", "Finalize"),
        Said(
            "Emite um documento de transporte, comunicado à AT antes do início do transporte. Não pode ser editado nem "
            "apagado; só anulado antes do início do transporte.",
            "Issues a certified guide, communicated to AT before the transport. It can never be edited or deleted; "
            "only cancelled before the transport starts.",
        ),
    ),
    "canceled_estimate": Action(
        Said("Anular", "Cancel"),
        Said("O documento fica anulado para sempre.", "The document stays cancelled for ever."),
    ),
    "canceled_guide": Action(
        Said("Anular", "Cancel"),
        Said(
            "A guia fica anulada para sempre. Só antes do início do transporte, e nunca depois de usado o código da AT.",
            "The guide stays cancelled for ever. Only before the transport starts, and never once AT's code was used.",
        ),
    ),
    "accept": Action(
        Said("Marcar como aceite pelo cliente", "Mark as accepted by the client"),
        Said(
            "Fica aceite; depois ainda pode passar a recusado ou ser anulado.",
            "It becomes accepted; later it can still become refused or be cancelled.",
        ),
        irreversible=False,
    ),
    "refuse": Action(
        Said("Marcar como recusado pelo cliente", "Mark as refused by the client"),
        Said(
            "Fica recusado; depois ainda pode passar a aceite ou ser anulado.",
            "It becomes refused; later it can still become accepted or be cancelled.",
        ),
        irreversible=False,
    ),
    "create_sequence": Action(
        Said("Abrir uma série e registá-la na AT", "Open a series and register it with AT"),
        Said(
            "A AT atribui códigos de validação à série. O registo não pode ser desfeito e o nome fica usado.",
            "AT gives the series its validation codes. The registration cannot be undone and the name stays used.",
        ),
    ),
    "initial_balance": Action(
        Said("Definir o saldo inicial do cliente", "Set a client's initial balance"),
        Said(
            "Substitui o saldo inicial anterior e muda o que o cliente deve. O anterior pode ser reposto.",
            "Replaces the initial balance before it and changes what the client owes. The one before can be put back.",
        ),
        irreversible=False,
    ),
    "regularization": Action(
        Said("Regularizar o saldo do cliente", "Regularize a client's balance"),
        Said(
            "Lança um movimento numerado que abate à dívida do cliente. Pode ser apagado; o número não é reutilizado.",
            "Makes a numbered entry that takes something off the client's debt. It can be deleted; its number is not used again.",
        ),
        irreversible=False,
    ),
    "regularization_deleted": Action(
        Said("Apagar uma regularização", "Delete a regularization"),
        Said(
            "O cliente volta a dever este valor. Pode lançar-se outra, com outro número.",
            "The client owes this amount again. Another one can be made, under another number.",
        ),
        irreversible=False,
    ),
    "movement": Action(
        Said("Registar um movimento de tesouraria", "Record a treasury movement"),
        Said(
            "Muda a conta corrente do cliente. Pode ser apagado; o número não é reutilizado.",
            "Changes the client's account. It can be deleted; its number is not used again.",
        ),
        irreversible=False,
    ),
    "movement_deleted": Action(
        Said("Apagar um movimento de tesouraria", "Delete a treasury movement"),
        Said(
            "O valor sai da conta corrente do cliente. Pode registar-se outro, com outro número.",
            "The amount leaves the client's account. Another one can be recorded, under another number.",
        ),
        irreversible=False,
    ),
    "create_account": Action(
        Said("Criar uma conta InvoiceXpress", "Create an InvoiceXpress account"),
        Said(
            "Cria uma conta em nome desta organização e aceita os termos da InvoiceXpress. Só o apoio da InvoiceXpress a pode encerrar.",
            "Creates an account in this organization's name and accepts InvoiceXpress's terms. Only their support closes it.",
        ),
    ),
    "update_account": Action(
        Said("Alterar a conta InvoiceXpress", "Change the InvoiceXpress account"),
        Said(
            "Os documentos seguintes saem com estes dados; os já emitidos não mudam.",
            "Later documents carry these details; issued ones do not change.",
        ),
        irreversible=False,
    ),
    "at_communication": Action(
        Said("Configurar a comunicação com a AT", "Set up the communication with AT"),
        Said(
            "Os documentos passam a seguir para a AT com estas credenciais. O que for comunicado não se recolhe.",
            "Documents go to AT with these credentials from now on. What is communicated cannot be called back.",
        ),
    ),
    "deleted": Action(
        Said("Apagar o rascunho", "Delete the draft"),
        Said(
            "O rascunho desaparece e não pode ser recuperado.",
            "The draft disappears and cannot be recovered.",
        ),
    ),
    "client_deleted": Action(
        Said("Apagar o cliente", "Delete the client"),
        Said(
            "O cliente desaparece, com o que houver na sua conta corrente (orçamentos e guias não são consultados). "
            "Pode criar-se outro com os mesmos dados, mas com outro id.",
            "The client disappears, with whatever stands in their account (estimates and guides are not looked at). "
            "Another can be created with the same details, under another id.",
        ),
    ),
    "item_deleted": Action(
        Said("Apagar o artigo do catálogo", "Delete the item from the catalogue"),
        Said(
            "O artigo deixa de existir para toda a conta; os documentos já feitos ficam como estão. Pode criar-se outro, com outro id.",
            "The item is gone for the whole account; documents already made stay as they are. Another can be created, under another id.",
        ),
    ),
    "tax_deleted": Action(
        Said("Apagar a taxa de IVA", "Delete the VAT rate"),
        Said(
            "Artigos e rascunhos que indicam esta taxa deixam de a encontrar, e a InvoiceXpress usa então outra, sem avisar. "
            "Os documentos emitidos não mudam. Pode criar-se outra, com outro id.",
            "Items and drafts that name this rate no longer find it, and InvoiceXpress then uses another without saying so. "
            "Issued documents do not change. Another can be created, under another id.",
        ),
    ),
    "settled": Action(
        Said("Marcar como pago", "Mark as settled"),
        Said(
            "O documento fica pago; no caso de uma fatura, é emitido um recibo pelo valor em aberto, "
            "que só pode ser anulado, nunca apagado.",
            "The document becomes settled; for an invoice a receipt is issued for what is open, "
            "which can only be cancelled, never deleted.",
        ),
    ),
    "settled_note": Action(
        Said("Marcar como regularizada", "Mark as settled"),
        Said(
            "A nota fica regularizada, sem recibo. Pode ser reaberta.",
            "The note becomes settled, without a receipt. It can be reopened.",
        ),
        irreversible=False,
    ),
    "unsettled": Action(
        Said("Reabrir (deixa de estar regularizada)", "Reopen (unsettle)"),
        Said(
            "O documento volta a estar em aberto. Pode voltar a ser marcado como regularizado.",
            "The document is open again. It can be marked as settled once more.",
        ),
        irreversible=False,
    ),
    "email": Action(
        Said("Enviar por e-mail", "Send by e-mail"),
        Said("Depois de enviado, um e-mail não pode ser recuperado.", "A sent e-mail cannot be called back."),
    ),
    "pay": Action(
        Said("Registar pagamento", "Record a payment"),
        Said(
            "Emite um recibo numerado. Só pode ser anulado; o número fica usado.",
            "Issues a numbered receipt. It can only be cancelled; the number stays used.",
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
        irreversible=False,
    ),
}

STATES: dict[str, Said] = {
    "open": Said("em aberto {}", "{} open"),
    "final": Said("Emitido", "Issued"),
    "second_copy": Said("Emitido", "Issued"),
    "settled": Said("Liquidada", "Settled"),
    "canceled": Said("Anulado", "Cancelled"),
    "accepted": Said("Aceite pelo cliente", "Accepted by the client"),
    "refused": Said("Recusado pelo cliente", "Refused by the client"),
}
"""How a document stands; `open` with the amount."""

LABELS: dict[str, Said] = {
    "account": Said("Conta", "Account"),
    "issuer": Said("Emitente", "Issuer"),
    "document": Said("Documento", "Document"),
    "draft": Said("rascunho", "draft"),
    "expected_number": Said("n.º previsto", "expected number"),
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
    "gross": Said("Valor ilíquido", "Gross"),
    "line_discounts": Said("Descontos nas linhas", "Discounts on lines"),
    "lines_total": Said("Soma das linhas", "Sum of the lines"),
    "global_discount": Said("Desconto global", "Discount on the whole document"),
    "rounding": Said("Arredondamento", "Rounding"),
    "difference": Said("Diferença por explicar", "Unexplained difference"),
    "vat_total": Said("Total do IVA", "VAT in total"),
    "credited": Said("Creditado por notas de crédito", "Credited by credit notes"),
    "computed": Said("calculado a partir das linhas", "computed from the lines"),
    "not_told": Said("não indicado pela InvoiceXpress", "not given by InvoiceXpress"),
    "vat": Said("IVA por taxa", "VAT per rate"),
    "base": Said("base", "net"),
    "tax": Said("IVA", "VAT"),
    "exemption": Said("Isenção", "Exemption"),
    "retention": Said("Retenção na fonte", "Withholding tax"),
    "to_pay": Said("A pagar", "To pay"),
    "currency": Said("Moeda", "Currency"),
    "second_currency": Said("Contravalor impresso", "Second total printed"),
    "exchange_rate": Said("câmbio", "rate"),
    "draft_id": Said("Rascunho", "Draft"),
    "status": Said("Estado", "State"),
    "largest_lines": Said("As {shown} maiores de {all} linhas", "The {shown} largest of {all} lines"),
    "more": Said("mais {count}", "{count} more"),
    "summarised": Said(
        "Isto é um resumo. O documento inteiro, linha por linha, num terminal: {command}",
        "This is a summary. The whole document, line by line, in a terminal: {command}",
    ),
    "net": Said("Total sem IVA", "Total before VAT"),
    "total": Said("Total", "Total"),
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
    "client_documents": Said("Faturas, notas e recibos", "Invoices, notes and receipts"),
    "item": Said("Artigo", "Item"),
    "description": Said("Descrição", "Description"),
    "unit_price": Said("Preço unitário sem IVA", "Unit price without VAT"),
    "tax_name": Said("Taxa de IVA", "VAT rate"),
    "rate": Said("Percentagem", "Percent"),
    "region": Said("Região", "Region"),
    "client_code": Said("Código do cliente", "Client's code"),
    "value": Said("Valor", "Value"),
    "entry_date": Said("Data", "Date"),
    "observation": Said("Observação", "Observation"),
    "regularization_number": Said("Regularização", "Regularization"),
    "movement": Said("Movimento", "Movement"),
    "movement_type": Said("Tipo", "Type"),
    "owed_before": Said("Em dívida antes", "Owed before"),
    "balance_before": Said("Saldo inicial antes", "Initial balance before"),
    "organization": Said("Organização", "Organization"),
    "email": Said("E-mail", "E-mail"),
    "person": Said("Pessoa", "Person"),
    "secret": Said("Palavra-passe", "Password"),
    "at_secret": Said("Palavra-passe da AT", "Password of AT"),
    "not_shown": Said("dada, não se mostra", "given, not shown"),
    "terms": Said("Aceita os termos da InvoiceXpress", "Accepts InvoiceXpress's terms"),
    "existing_user": Said("Para quem já é utilizador", "For someone who is a user already"),
    "at_subuser": Said("Subutilizador da AT", "Sub-user at AT"),
    "communication": Said("Comunicação", "Communication"),
    "address": Said("Morada", "Address"),
    "phone": Said("Telefone", "Telephone"),
    "account_id": Said("Id da conta", "Account id"),
    "transport": Said("Transporte", "Transport"),
    "then": Said("Depois, com a mesma aprovação", "Then, with the same approval"),
    "warnings": Said("Atenção", "Note"),
    "differences": Said(
        "ATENÇÃO: o documento guardado difere do que foi pedido",
        "ATTENTION: the stored document differs from what was asked",
    ),
    "asked": Said("pedido", "asked"),
    "stored": Said("guardado", "stored"),
    "irreversible": Said("Irreversível", "Irreversible"),
    "consequence": Said("O que muda", "What changes"),
    "receipt": Said("Recibo", "Receipt"),
    "paid": Said("Pago até agora", "Paid until now"),
    "state": Said("Situação", "State"),
    "bills": Said("Fatura o documento", "Bills the document"),
    "paid_for": Said("Referente a", "For"),
    "corrects": Said("Corrige", "Corrects"),
    "paid_of_it": Said("pago", "paid"),
    "plate": Said("Matrícula", "Number plate"),
    "loaded_at": Said("Início do transporte", "Start of the transport"),
    "origin": Said("Local de carga", "Loaded at"),
    "destination": Said("Local de descarga", "Delivered at"),
    "unreadable": Said("não é possível ler", "cannot be read"),
    "none": Said("sem indicação", "none given"),
    "to": Said("para", "to"),
    "of": Said("de", "of"),
    "with_vat": Said("com IVA", "with VAT"),
    "without_vat": Said("sem IVA", "without VAT"),
    "sandbox": Said("SANDBOX: sem valor fiscal.", "SANDBOX: no fiscal value."),
    "yes": Said("sim", "yes"),
    "on_the_page": Said(
        "Abra a página para ver o documento e decidir. Abri-la não aprova nada.",
        "Open the page to see the document and decide. Opening it approves nothing.",
    ),
    "approve": Said("Aprovo", "I approve"),
    "approve_why": Said(
        "Aprove só se tudo o que está acima estiver certo.", "Yes only if everything above is right."
    ),
    "reason_if_not": Said("Se não aprova, porquê", "If you do not approve, why"),
    "accept_differences": Said("Aceito as diferenças", "I accept the differences"),
    "accept_differences_why": Said(
        "O documento guardado não é o que foi pedido; aceite só se o quiser assim.",
        "The stored document is not what was asked; yes only if you want it as it is.",
    ),
}
