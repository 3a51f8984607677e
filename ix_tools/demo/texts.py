"""The demo's sentences in Portuguese and English."""

from ix_tools.i18n.labels import Bilingual

TEXTS: dict[str, Bilingual] = {
    # --- single words ---
    "refused": Bilingual("recusado", "refused"),
    "declined": Bilingual("não aprovado", "declined"),
    "form": Bilingual("o que a pessoa vê antes de dizer sim", "what the person sees before saying yes"),
    "form_rest": Bilingual(
        "o mesmo formulário; aqui só o que é novo", "the same form; here only what is new in it"
    ),
    "line": Bilingual("Linha", "Line"),
    "quantity": Bilingual("Qtd.", "Qty"),
    "price": Bilingual("Preço", "Price"),
    "vat": Bilingual("IVA", "VAT"),
    "net": Bilingual("Sem IVA", "Net"),
    "tools_reads": Bilingual("só leem", "only read"),
    "tools_drafts": Bilingual("fazem rascunhos", "make drafts"),
    "tools_asks": Bilingual("uma pessoa aprova cada uso", "a person approves each use"),
    "tools_any": Bilingual(
        "qualquer uma, e pergunta se for irreversível", "any of them, and asks if it is irreversible"
    ),
    "tools": Bilingual("Ferramentas", "Tools"),
    "kind": Bilingual("O que fazem", "What they do"),
    "request": Bilingual("Pedido", "Request"),
    "meaning": Bilingual("O que foi", "What it was"),
    # --- the sandbox scenario ---
    "title": Bilingual("ix-tools: de uma frase à fatura paga", "ix-tools: from a sentence to a paid invoice"),
    "notice": Bilingual(
        "Um servidor MCP, um cliente que lhe fala como fala um assistente, e uma imitação do InvoiceXpress (a sandbox), "
        "tudo nesta máquina: nada sai daqui e nada tem valor fiscal. Os formulários são respondidos pela própria "
        "demonstração; no dia a dia responde uma pessoa. (In English: --language en)",
        "An MCP server, a client that talks to it as an assistant does, and an imitation of InvoiceXpress (the sandbox), "
        "all on this machine: nothing leaves it and nothing has fiscal value. The demo answers the forms itself; in "
        "daily use a person does. (Em português: sem --language.)",
    ),
    "connect": Bilingual("Ligar ao servidor", "Connect to the server"),
    "connected": Bilingual(
        "{command} respondeu em {seconds} s (MCP {protocol}) com {count} ferramentas.",
        "{command} answered in {seconds} s (MCP {protocol}) with {count} tools.",
    ),
    "refusal": Bilingual("Uma linha isenta, e ninguém disse porquê", "An exempt line, and nobody said why"),
    "order": Bilingual(
        "cliente novo {client}, NIF {nif}: {hours} h de consultoria a {price} com IVA 23 %, e um curso de {course} sem IVA",
        "new client {client}, NIF {nif}: {hours} h of consulting at {price} with 23 % VAT, and a course of {course} without VAT",
    ),
    "nothing_written": Bilingual(
        "Registo da sandbox: {count} escritas. Nada foi criado, nem o cliente.",
        "The sandbox's log: {count} writes. Nothing was created, not even the client.",
    ),
    "refusal_says": Bilingual(
        "A recusa é escrita para o assistente, em inglês. O que seria certo: {allowed}. O passo seguinte: {next}.",
        "What would be right: {allowed}. What to do next: {next}.",
    ),
    "draft": Bilingual("A mesma fatura, com o código {code}", "The same invoice, with code {code}"),
    "same_with": Bilingual(
        "o mesmo, com tax_exemption: {code} ({text})", "the same, with tax_exemption: {code} ({text})"
    ),
    "drafted": Bilingual("rascunho {number} guardado para {client}.", "draft {number} stored for {client}."),
    "totals": Bilingual(
        "Calculado antes de enviar: {predicted}. Lido de volta: {stored} ({net} sem IVA + {vat} de IVA). "
        "Diferença: {difference}.",
        "Calculated before sending: {predicted}. Read back: {stored} ({net} net + {vat} VAT). "
        "Difference: {difference}.",
    ),
    "decline": Bilingual("Finalizar, e a pessoa diz que não", "Finalize, and the person says no"),
    "finalize_call": Bilingual("finalizar o rascunho {number}", "finalize draft {number}"),
    "writes_same": Bilingual(
        "Registo da sandbox: {before} escrita antes da pergunta, {after} depois do não. A fatura continua em rascunho.",
        "The sandbox's log: {before} write before the question, {after} after the no. The invoice is still a draft.",
    ),
    "approve": Bilingual("Finalizar, e a pessoa aprova", "Finalize, and the person approves"),
    "asked_again": Bilingual(
        "O mesmo formulário outra vez; cada sim serve para uma só chamada.",
        "The same form once more; each yes is good for one call only.",
    ),
    "finalized": Bilingual(
        "fatura {number} emitida, ATCUD {atcud}, total {total}.",
        "invoice {number} issued, ATCUD {atcud}, total {total}.",
    ),
    "pdf": Bilingual("O PDF", "The PDF"),
    "pdf_call": Bilingual("do documento {number}", "of document {number}"),
    "saved": Bilingual("{file} ({size} kB, com QR e ATCUD)", "{file} ({size} kB, with QR code and ATCUD)"),
    "email": Bilingual("Enviar ao cliente, com aprovação", "Send it to the client, with approval"),
    "email_call": Bilingual("para {to}", "to {to}"),
    "sent": Bilingual(
        "na caixa de saída da sandbox: para {to}, assunto «{subject}».",
        "in the sandbox's outbox: to {to}, subject “{subject}”.",
    ),
    "subject": Bilingual("A sua fatura", "Your invoice"),
    "payment": Bilingual("Receber o pagamento, com aprovação", "Take the payment, with approval"),
    "payment_call": Bilingual("{amount} por transferência, hoje", "{amount} by bank transfer, today"),
    "paid": Bilingual(
        "recibo {receipt} de {amount}; a fatura {number} está paga (settled).",
        "receipt {receipt} of {amount}; invoice {number} is settled.",
    ),
    "log": Bilingual("O que chegou ao InvoiceXpress", "What reached InvoiceXpress"),
    "log_writes": Bilingual(
        "{writes} escritas, {approved} delas aprovadas por uma pessoa; {refused} pedidos recusados ou não aprovados não chegaram lá.",
        "{writes} writes, {approved} of them approved by a person; {refused} calls that were refused or declined never got there.",
    ),
    "write_create": Bilingual("rascunho (e o cliente novo)", "draft (and the new client)"),
    "write_state": Bilingual("finalizar, aprovado", "finalize, approved"),
    "write_email": Bilingual("e-mail, aprovado", "e-mail, approved"),
    "write_payment": Bilingual("pagamento, aprovado", "payment, approved"),
    "what_next": Bilingual(
        "Experimentar com o seu assistente, ainda sem conta: `ix-tools serve --sandbox` (ver README.pt.md, «Ligar um assistente»). "
        "Com a sua conta, só um rascunho: `ix-tools demo --real`.",
        "Try it with your own assistant, still without an account: `ix-tools serve --sandbox` (README.md, “Connect a host”). "
        "With your own account, a draft only: `ix-tools demo --real`.",
    ),
    # --- the account scenario ---
    "real_title": Bilingual("ix-tools com a sua conta: {account}", "ix-tools with your account: {account}"),
    "real_notice": Bilingual(
        "Primeiro só se lê. Depois, se escrever sim, cria-se um pequeno rascunho para conferir os totais. "
        "Nada é finalizado, enviado ou pago: a demonstração termina antes disso.",
        "First it only reads. Then, if you type yes, it creates one small draft to check the totals. "
        "Nothing is finalized, sent or paid: the demo stops before that.",
    ),
    "real_missing": Bilingual(
        "Defina INVOICEXPRESS_ACCOUNT e INVOICEXPRESS_API_KEY (no InvoiceXpress: Conta > API) e repita. "
        "Sem conta, `ix-tools demo` mostra tudo na sandbox.",
        "Set INVOICEXPRESS_ACCOUNT and INVOICEXPRESS_API_KEY (in InvoiceXpress: Account > API) and try again. "
        "Without an account, `ix-tools demo` shows everything in the sandbox.",
    ),
    "real_read": Bilingual("O que a conta tem", "What the account has"),
    "real_taxes": Bilingual("Taxas: {names}.", "VAT rates: {names}."),
    "real_series": Bilingual("Séries: {names}.", "Series: {names}."),
    "real_invoices": Bilingual(
        "Documentos: {total} emitidos, pagos ou em rascunho; o mais recente é {latest}.",
        "Documents: {total} issued, settled or draft; the latest is {latest}.",
    ),
    "real_no_invoices": Bilingual("Documentos: nenhum.", "Documents: none."),
    "real_offer": Bilingual("Um rascunho, se quiser", "One draft, if you want it"),
    "real_what": Bilingual(
        "Fatura simplificada sem cliente, uma linha «{name}»: {quantity} × {price} a {tax}. Previsto: {total}. "
        "Fica um rascunho, que se apaga, e um artigo com esse nome no seu catálogo.",
        "A simplified invoice without a client, one line “{name}”: {quantity} × {price} at {tax}. Predicted: {total}. "
        "It leaves a draft, which can be deleted, and an item of that name in your catalogue.",
    ),
    "real_ask": Bilingual("Escreva sim para criar o rascunho:", "Type yes to create the draft:"),
    "real_no": Bilingual(
        "Nada foi criado. Só houve leituras.", "Nothing was created. There were only reads."
    ),
    "real_delete": Bilingual(
        "Para o apagar: no InvoiceXpress, abra o rascunho {number} e apague-o; ou peça ao seu assistente "
        "«apaga o rascunho {number}» (change_state, state: deleted), e aprove. O artigo «{name}» apaga-se no InvoiceXpress, em Itens.",
        "To delete it: open draft {number} in InvoiceXpress and delete it; or ask your assistant to "
        "“delete draft {number}” (change_state, state: deleted), and approve. The item “{name}” is deleted in InvoiceXpress, under Items.",
    ),
    "real_drafted": Bilingual(
        "rascunho {number} criado e lido de volta.", "draft {number} created and read back."
    ),
    "plain": Bilingual("{text}", "{text}"),
    "real_end": Bilingual(
        "Fica por aqui. Nada foi emitido, enviado nem comunicado à AT.",
        "It stops here. Nothing was issued, sent, or communicated to the tax authority.",
    ),
    "real_stored_differently": Bilingual(
        "guardado, mas diferente do pedido (rascunho {number}). É para isto que a comparação existe:",
        "stored, but not as asked (draft {number}). This is what the comparison is for:",
    ),
    # --- when something is wrong ---
    "stopped": Bilingual("interrompido", "stopped"),
}
