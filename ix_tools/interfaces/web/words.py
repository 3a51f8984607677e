"""What the page says, Portuguese and English side by side; the words of the trade are in `ix_tools.i18n.words`."""

from ix_tools.i18n.words import Said

WORDS: dict[str, Said] = {
    "request": Said("Pedido de aprovação", "Approval request"),
    "language": Said("Idioma", "Language"),
    "skip": Said("Ir para a decisão", "Go to the decision"),
    "from": Said("Emitente", "Issuer"),
    "to": Said("Cliente", "Client"),
    "line": Said("Descrição", "Description"),
    "amount": Said("Valor", "Amount"),
    "rate": Said("Taxa", "Rate"),
    "net": Said("Base", "Net"),
    "nif": Said("NIF", "Tax number"),
    "per_rate": Said("IVA por taxa", "VAT per rate"),
    "lines_of": Said("Linhas do documento", "Lines of the document"),
    "largest": Said("As {shown} maiores de {all} linhas", "The {shown} largest of {all} lines"),
    "all_lines": Said("Ver as {all} linhas", "See all {all} lines"),
    "no_vat_because": Said("Motivo de isenção", "Exemption reason"),
    "also": Said("Este pedido", "This request"),
    "warnings": Said("A ter em atenção", "Please note"),
    "differs": Said(
        "O documento guardado não é o que foi pedido", "The stored document is not what was asked"
    ),
    "field": Said("Campo", "Field"),
    "asked": Said("Pedido", "Asked"),
    "stored": Said("Guardado", "Stored"),
    "who": Said("Quem pediu", "Who asked"),
    "principal": Said("Utilizador", "User"),
    "through": Said("Através de", "Through"),
    "unverified": Said("nome dado pelo próprio programa", "the name that the program gives itself"),
    "asked_at": Said("Pedido em", "Asked at"),
    "until": Said("Válido até", "Valid until"),
    "id": Said("Identificação", "Request"),
    "lisbon": Said("hora de Lisboa", "Lisbon time"),
    "decision": Said("A sua decisão", "Your decision"),
    "read_first": Said(
        "Aprove só se tudo estiver certo. Serve uma única vez, para exatamente este pedido.",
        "Approve only if everything is right. It is good once, for exactly this request.",
    ),
    "accept": Said(
        "Aceito as diferenças e quero o documento tal como está guardado",
        "I accept the differences and want the document as it is stored",
    ),
    "pin": Said("PIN", "PIN"),
    "pin_hint": Said(
        "O que definiu com ix-tools approvals pin.", "The one you set with ix-tools approvals pin."
    ),
    "approve": Said("Aprovar", "Approve"),
    "answer_by": Said("Responder até", "Answer by"),
    "approved_by": Said("Já aprovou", "Approved already by"),
    "refreshes": Said("Esta página atualiza-se sozinha.", "This page refreshes itself."),
    "good_until": Said("Serve até", "Good until"),
    "nothing_sent": Said("Nada foi enviado.", "Nothing was sent."),
    "reject": Said("Rejeitar", "Reject"),
    "reason": Said("Porque rejeita (opcional)", "Why you reject it (optional)"),
    "reason_hint": Said("Quem pediu fica a sabê-lo.", "Whoever asked is told."),
    "reason_given": Said("Motivo", "Reason"),
    "footer": Said(
        "Esta página só serve para este pedido. Não partilhe a ligação.",
        "This page is for this request only. Do not share its link.",
    ),
    "sandbox": Said("Sandbox: sem valor fiscal", "Sandbox: no fiscal value"),
}

FACES: dict[str, Said] = {
    "mcp": Said("um assistente (MCP)", "an assistant (MCP)"),
    "rest": Said("a API REST", "the REST API"),
    "cli": Said("a linha de comandos", "the command line"),
    "library": Said("um programa", "a program"),
}

OUTCOMES: dict[str, tuple[Said, Said]] = {
    "approved": (
        Said("Aprovado", "Approved"),
        Said(
            "Falta repetir o pedido: volte à conversa, ou deixe que o programa o repita. A aprovação serve uma única vez, "
            "e só se o documento não mudar.",
            "The request must still be repeated: go back to the conversation, or let the program repeat it. The approval is "
            "good once, and only if the document does not change.",
        ),
    ),
    "lapsed": (
        Said("Aprovado, mas não foi usado a tempo", "Approved, but not used in time"),
        Said(
            "Nada foi enviado. Se ainda o quiser, faça o pedido outra vez na conversa.",
            "Nothing was sent. If you still want it, ask again in the conversation.",
        ),
    ),
    "carrying_out": (
        Said("Aprovado; está a ser feito", "Approved, and being carried out"),
        Said("Falta a resposta do InvoiceXpress.", "InvoiceXpress has not answered yet."),
    ),
    "done": (
        Said("Aprovado e feito", "Approved, and done"),
        Said(
            "Esta aprovação não serve para mais nada.",
            "This approval is good for nothing else.",
        ),
    ),
    "stored_differently": (
        Said("Feito, mas guardado de outro modo", "Done, but stored differently"),
        Said(
            "O InvoiceXpress guardou algo diferente do que viu aqui. Quem pediu foi avisado; veja o documento antes de o entregar.",
            "InvoiceXpress stored something else than what you saw here. Whoever asked was told; look at the document before "
            "you hand it over.",
        ),
    ),
    "partly_done": (
        Said("Aprovado, e feito em parte", "Approved, and done in part"),
        Said(
            "O mesmo pedido, repetido, continua onde parou, ou diz o que falta.",
            "The same request, repeated, goes on where it stopped, or says what is missing.",
        ),
    ),
    "not_done": (
        Said("Aprovado, mas não foi feito", "Approved, but not done"),
        Said(
            "O InvoiceXpress recusou, e nada ficou emitido. Quem pediu sabe porquê; corrigido e repetido, o pedido pergunta-lhe de novo.",
            "InvoiceXpress refused, and nothing was issued. Whoever asked knows why; corrected and repeated, the request asks you again.",
        ),
    ),
    "unclear": (
        Said("Aprovado; não se sabe se foi feito", "Approved; it is not known whether it was done"),
        Said(
            "A resposta do InvoiceXpress perdeu-se. O mesmo pedido, repetido, vê primeiro o que aconteceu, antes de enviar seja o que for.",
            "InvoiceXpress's answer was lost. The same request, repeated, looks first what happened, before it sends anything.",
        ),
    ),
    "not_recorded": (
        Said("Aprovado; não consta que tenha sido feito", "Approved; nothing says that it was done"),
        Said(
            "O programa parou antes de enviar. O mesmo pedido, repetido, pergunta-lhe de novo.",
            "The program stopped before it sent anything. The same request, repeated, asks you again.",
        ),
    ),
    "partly": (
        Said("A sua aprovação ficou registada", "Your approval is noted"),
        Said(
            "Falta ainda a de outra pessoa; só depois o pedido pode seguir.",
            "Somebody else must approve, too; only then can the request go through.",
        ),
    ),
    "rejected": (
        Said("Rejeitado", "Rejected"),
        Said("Nada foi enviado, e quem pediu fica a saber.", "Nothing was sent, and whoever asked is told."),
    ),
    "expired": (
        Said("O prazo terminou", "Time is up"),
        Said(
            "Nada foi enviado. Se ainda o quiser, faça o pedido outra vez na conversa.",
            "Nothing was sent. If you still want it, ask again in the conversation.",
        ),
    ),
    "stale": (
        Said("O documento mudou", "The document changed"),
        Said(
            "Mudou depois de ser mostrado; nada foi enviado. Repetido o pedido, verá o documento como está agora.",
            "It changed after it was shown; nothing was sent. When the request is repeated, you will see it as it is now.",
        ),
    ),
    "unknown": (
        Said("Esta ligação não leva a nenhum pedido", "This link leads to no request"),
        Said(
            "Pode estar incompleta ou ser antiga. Os pedidos à espera: ix-tools approvals list.",
            "It may be incomplete or old. What is waiting: ix-tools approvals list.",
        ),
    ),
    "elsewhere": (
        Said("Este pedido é decidido noutro lugar", "This request is decided elsewhere"),
        Said("No formulário do programa que o fez.", "In the form of the program that made it."),
    ),
    "refused": (
        Said("Não foi aceite", "Not accepted"),
        Said(
            "Esta resposta não veio da página aberta neste navegador. Nada foi decidido: abra outra vez a ligação.",
            "This answer did not come from the page open in this browser. Nothing was decided: open the link again.",
        ),
    ),
    "unavailable": (
        Said("De momento não é possível", "Not possible at the moment"),
        Said(
            "O que é guardado não se consegue ler nem escrever. Nada foi decidido.",
            "What is kept cannot be read or written. Nothing was decided.",
        ),
    ),
}
STEPS: dict[str, Said] = {
    "waiting": Said("Falta ainda uma parte", "A part is still to be done"),
    "open": Said("A ser feito", "Being carried out"),
    "done": Said("Feito", "Done"),
    "refused": Said("Recusado pelo InvoiceXpress", "Refused by InvoiceXpress"),
    "unknown": Said("Não se sabe", "Not known"),
    "absent": Said("Não foi feito", "Not done"),
}
SENT_TO = Said("E-mail enviado para {recipient}", "E-mail sent to {recipient}")
ALREADY = Said("Já estava decidido", "It was decided already")

ERRORS: dict[str, Said] = {
    "differences_not_accepted": Said(
        "O documento guardado difere do que foi pedido. Para aprovar, marque também que aceita as diferenças.",
        "The stored document differs from what was asked. To approve, tick that you accept the differences, too.",
    ),
    "pin_wrong": Said(
        "O PIN não está certo. Nada foi aprovado.", "That is not the PIN. Nothing was approved."
    ),
    "pin_locked": Said(
        "O PIN esteve errado vezes de mais. Pode tentar de novo a partir de {next_try} (hora de Lisboa). "
        "Num terminal pode decidir já: ix-tools approvals approve {id}.",
        "The PIN was wrong too often. It can be tried again from {next_try} (Lisbon time). "
        "In a terminal it can be decided now: ix-tools approvals approve {id}.",
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
"""Why a policy does not take this yes, in Portuguese; in English the refusal itself says it, with names and rules."""
