"""The approval pages' texts in Portuguese and English; terms of the trade are in `ix_tools.i18n.labels`."""

from ix_tools.i18n.labels import Bilingual

WORDS: dict[str, Bilingual] = {
    "request": Bilingual("Pedido de aprovação", "Approval request"),
    "language": Bilingual("Idioma", "Language"),
    "skip": Bilingual("Ir para a decisão", "Go to the decision"),
    "from": Bilingual("Emitente", "Issuer"),
    "to": Bilingual("Cliente", "Client"),
    "line": Bilingual("Descrição", "Description"),
    "amount": Bilingual("Valor", "Amount"),
    "rate": Bilingual("Taxa", "Rate"),
    "net": Bilingual("Base", "Net"),
    "nif": Bilingual("NIF", "Tax number"),
    "per_rate": Bilingual("IVA por taxa", "VAT per rate"),
    "lines_of": Bilingual("Linhas do documento", "Lines of the document"),
    "largest": Bilingual("As {shown} maiores de {all} linhas", "The {shown} largest of {all} lines"),
    "all_lines": Bilingual("Ver as {all} linhas", "See all {all} lines"),
    "no_vat_because": Bilingual("Motivo de isenção", "Exemption reason"),
    "also": Bilingual("Este pedido", "This request"),
    "warnings": Bilingual("A ter em atenção", "Please note"),
    "differs": Bilingual(
        "O documento guardado não é o que foi pedido", "The stored document is not what was asked"
    ),
    "field": Bilingual("Campo", "Field"),
    "asked": Bilingual("Pedido", "Asked"),
    "stored": Bilingual("Guardado", "Stored"),
    "who": Bilingual("Quem pediu", "Who asked"),
    "principal": Bilingual("Utilizador", "User"),
    "through": Bilingual("Através de", "Through"),
    "unverified": Bilingual("nome dado pelo próprio programa", "the name that the program gives itself"),
    "asked_at": Bilingual("Pedido em", "Asked at"),
    "until": Bilingual("Válido até", "Valid until"),
    "id": Bilingual("Identificação", "Request"),
    "lisbon": Bilingual("hora de Lisboa", "Lisbon time"),
    "decision": Bilingual("A sua decisão", "Your decision"),
    "read_first": Bilingual(
        "Aprove só se tudo estiver certo. Serve uma única vez, para exatamente este pedido.",
        "Approve only if everything is right. It is good once, for exactly this request.",
    ),
    "accept": Bilingual(
        "Aceito as diferenças e quero o documento tal como está guardado",
        "I accept the differences and want the document as it is stored",
    ),
    "pin": Bilingual("PIN", "PIN"),
    "pin_hint": Bilingual(
        "O que definiu com ix-tools approvals pin.", "The one you set with ix-tools approvals pin."
    ),
    "approve": Bilingual("Aprovar", "Approve"),
    "answer_by": Bilingual("Responder até", "Answer by"),
    "approved_by": Bilingual("Já aprovou", "Approved already by"),
    "refreshes": Bilingual("Esta página atualiza-se sozinha.", "This page refreshes itself."),
    "good_until": Bilingual("Serve até", "Good until"),
    "nothing_sent": Bilingual("Nada foi enviado.", "Nothing was sent."),
    "reject": Bilingual("Rejeitar", "Reject"),
    "reason": Bilingual("Porque rejeita (opcional)", "Why you reject it (optional)"),
    "reason_hint": Bilingual("Quem pediu fica a sabê-lo.", "The requester is told."),
    "reason_given": Bilingual("Motivo", "Reason"),
    "footer": Bilingual(
        "Esta página só serve para este pedido. Não partilhe a ligação.",
        "This page is for this request only. Do not share its link.",
    ),
    "sandbox": Bilingual("Sandbox: sem valor fiscal", "Sandbox: no fiscal value"),
}

FACES: dict[str, Bilingual] = {
    "mcp": Bilingual("um assistente (MCP)", "an assistant (MCP)"),
    "rest": Bilingual("a API REST", "the REST API"),
    "cli": Bilingual("a linha de comandos", "the command line"),
    "library": Bilingual("um programa", "a program"),
}

OUTCOMES: dict[str, tuple[Bilingual, Bilingual]] = {
    "approved": (
        Bilingual("Aprovado", "Approved"),
        Bilingual(
            "Falta repetir o pedido: volte à conversa, ou deixe que o programa o repita. A aprovação serve uma única vez, "
            "e só se o documento não mudar.",
            "The request must still be repeated: go back to the conversation, or let the program repeat it. The approval is "
            "good once, and only if the document does not change.",
        ),
    ),
    "lapsed": (
        Bilingual("Aprovado, mas não foi usado a tempo", "Approved, but not used in time"),
        Bilingual(
            "Nada foi enviado. Se ainda o quiser, faça o pedido outra vez na conversa.",
            "Nothing was sent. If you still want it, ask again in the conversation.",
        ),
    ),
    "carrying_out": (
        Bilingual("Aprovado; está a ser feito", "Approved, and being carried out"),
        Bilingual("Falta a resposta do InvoiceXpress.", "InvoiceXpress has not answered yet."),
    ),
    "done": (
        Bilingual("Aprovado e feito", "Approved, and done"),
        Bilingual(
            "Esta aprovação não serve para mais nada.",
            "This approval is good for nothing else.",
        ),
    ),
    "stored_differently": (
        Bilingual("Feito, mas guardado de outro modo", "Done, but stored differently"),
        Bilingual(
            "O InvoiceXpress guardou algo diferente do que viu aqui. Quem pediu foi avisado; veja o documento antes de o entregar.",
            "InvoiceXpress stored something different from what you saw here. The requester was told; check the document before "
            "you hand it over.",
        ),
    ),
    "partly_done": (
        Bilingual("Aprovado, e feito em parte", "Approved, and done in part"),
        Bilingual(
            "O mesmo pedido, repetido, continua onde parou, ou diz o que falta.",
            "The same request, repeated, continues where it stopped, or says what is missing.",
        ),
    ),
    "not_done": (
        Bilingual("Aprovado, mas não foi feito", "Approved, but not done"),
        Bilingual(
            "O InvoiceXpress recusou, e nada ficou emitido. Quem pediu sabe porquê; corrigido e repetido, o pedido pergunta-lhe de novo.",
            "InvoiceXpress refused, and nothing was issued. The requester knows why; a corrected request asks you again.",
        ),
    ),
    "unclear": (
        Bilingual("Aprovado; não se sabe se foi feito", "Approved; it is not known whether it was done"),
        Bilingual(
            "A resposta do InvoiceXpress perdeu-se. O mesmo pedido, repetido, vê primeiro o que aconteceu, antes de enviar seja o que for.",
            "InvoiceXpress's response was lost. The same request, repeated, first checks what happened before it sends anything.",
        ),
    ),
    "not_recorded": (
        Bilingual(
            "Aprovado; não consta que tenha sido feito", "Approved, but there is no record that it was done"
        ),
        Bilingual(
            "O programa parou antes de enviar. O mesmo pedido, repetido, pergunta-lhe de novo.",
            "The program stopped before it sent anything. The same request, repeated, asks you again.",
        ),
    ),
    "partly": (
        Bilingual("A sua aprovação ficou registada", "Your approval is recorded"),
        Bilingual(
            "Falta ainda a de outra pessoa; só depois o pedido pode seguir.",
            "Another person must approve too; only then can the request go through.",
        ),
    ),
    "rejected": (
        Bilingual("Rejeitado", "Rejected"),
        Bilingual(
            "Nada foi enviado, e quem pediu fica a saber.", "Nothing was sent, and the requester is told."
        ),
    ),
    "expired": (
        Bilingual("O prazo terminou", "Time is up"),
        Bilingual(
            "Nada foi enviado. Se ainda o quiser, faça o pedido outra vez na conversa.",
            "Nothing was sent. If you still want it, ask again in the conversation.",
        ),
    ),
    "stale": (
        Bilingual("O documento mudou", "The document changed"),
        Bilingual(
            "Mudou depois de ser mostrado; nada foi enviado. Repetido o pedido, verá o documento como está agora.",
            "It changed after it was shown; nothing was sent. When the request is repeated, you will see it as it is now.",
        ),
    ),
    "outdated": (
        Bilingual(
            "O pedido é de outra versão do ix-tools", "The request is from another version of ix-tools"
        ),
        Bilingual(
            "Esta versão não o consegue mostrar; nada foi enviado. Repetido o pedido, pergunta-se outra vez.",
            "This version cannot show it; nothing was sent. When the request is repeated, you are asked again.",
        ),
    ),
    "unknown": (
        Bilingual("Esta ligação não leva a nenhum pedido", "This link leads to no request"),
        Bilingual(
            "Pode estar incompleta ou ser antiga. Os pedidos à espera: ix-tools approvals list.",
            "It may be incomplete or old. To list the waiting requests: ix-tools approvals list.",
        ),
    ),
    "elsewhere": (
        Bilingual("Este pedido é decidido noutro lugar", "This request is decided elsewhere"),
        Bilingual("No formulário do programa que o fez.", "In the form of the program that made it."),
    ),
    "refused": (
        Bilingual("Não foi aceite", "Not accepted"),
        Bilingual(
            "Esta resposta não veio da página aberta neste navegador. Nada foi decidido: abra outra vez a ligação.",
            "This answer did not come from the page that is open in this browser. Nothing was decided: open the link again.",
        ),
    ),
    "unavailable": (
        Bilingual("De momento não é possível", "Not possible at the moment"),
        Bilingual(
            "De momento não é possível ler nem gravar as aprovações. Nada foi decidido.",
            "The approvals cannot be read or written now. Nothing was decided.",
        ),
    ),
}
STEPS: dict[str, Bilingual] = {
    "waiting": Bilingual("Falta ainda uma parte", "A part is still to be done"),
    "open": Bilingual("A ser feito", "Being carried out"),
    "done": Bilingual("Feito", "Done"),
    "refused": Bilingual("Recusado pelo InvoiceXpress", "Refused by InvoiceXpress"),
    "unknown": Bilingual("Não se sabe", "Not known"),
    "absent": Bilingual("Não foi feito", "Not done"),
}
SENT_TO = Bilingual("E-mail enviado para {recipient}", "E-mail sent to {recipient}")
ALREADY = Bilingual("Já estava decidido", "It was decided already")

ERRORS: dict[str, Bilingual] = {
    "differences_not_accepted": Bilingual(
        "O documento guardado difere do que foi pedido. Para aprovar, marque também que aceita as diferenças.",
        "The stored document differs from what was asked. To approve, also tick that you accept the differences.",
    ),
    "pin_wrong": Bilingual(
        "O PIN não está certo. Nada foi aprovado.", "That is not the PIN. Nothing was approved."
    ),
    "pin_locked": Bilingual(
        "O PIN esteve errado vezes de mais. Pode tentar de novo a partir de {next_try} (hora de Lisboa). "
        "Num terminal pode decidir já: ix-tools approvals approve {id}.",
        "The PIN was wrong too often. You can try again from {next_try} (Lisbon time). "
        "You can decide it now in a terminal: ix-tools approvals approve {id}.",
    ),
}

REFUSALS: dict[str, str] = {
    "approver_is_asker": "Quem pediu não pode aprovar, nem quem possa ser a mesma pessoa (quem definiu este PIN, por exemplo). "
    "Outra pessoa tem de aprovar.",
    "approver_unknown": "Aqui é preciso saber quem aprova: abra uma ligação feita para si e use um PIN que só a própria pessoa "
    "tenha definido.",
    "approver_not_named": "A política diz quem pode aprovar isto. Não é o seu caso, ou o PIN foi definido por outra pessoa.",
    "approved_by_you_already": "Já aprovou este pedido, ou quem o aprovou pode ser a mesma pessoa (quem definiu este PIN, por "
    "exemplo). Falta outra pessoa.",
    "approval_elsewhere": "A política manda aprovar isto num terminal: ix-tools approvals approve {id}.",
}
"""Why the policy does not accept this approval, in Portuguese; in English the refusal's own message, with names and rules, is shown."""
