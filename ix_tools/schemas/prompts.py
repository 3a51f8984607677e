"""MCP prompts for the three most frequent tasks: instructions to an assistant in Portuguese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import MessageTemplate, Value, message, message_template, render

UNKNOWN = message("(ask)")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A task with its arguments and steps. `{name}` in the text stands for an argument."""

    name: str
    title: str
    description: str
    arguments: Mapping[str, str]
    required: frozenset[str]
    text: MessageTemplate

    def to_mcp(self) -> dict[str, Any]:
        """Return the prompt as MCP lists it."""
        language = {
            "name": "language",
            "description": "pt ou en; pt por omissão / pt or en; default pt",
            "required": False,
        }
        shown = [
            {"name": name, "description": text, "required": name in self.required}
            for name, text in self.arguments.items()
        ]
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "arguments": [*shown, language],
        }

    def render(self, given: Mapping[str, str]) -> str:
        """Return the text with the arguments filled in; a missing one is marked as to be asked."""
        language: Language = "en" if given.get("language", "pt").strip().lower().startswith("en") else "pt"
        values: dict[str, Value] = {
            name: (given.get(name) or "").strip() or UNKNOWN for name in self.arguments
        }
        return render(self.text.fill(**values), language)


_ALL = (
    Prompt(
        name="issue_invoice",
        title="Emitir uma fatura / Issue an invoice",
        description="Da frase à fatura finalizada, com aprovação de uma pessoa. / From a sentence to a finalized invoice, approved by a person.",
        arguments={
            "client": "Nome ou código do cliente / client's name or code",
            "what": "O que se fatura: linhas, quantidades, preços sem IVA / what is invoiced: lines, quantities, prices without VAT",
            "tax": "Nome da taxa, p. ex. IVA23 / name of the tax, e.g. IVA23",
            "tax_exemption": "Código de isenção, se alguma linha tiver 0 % / exemption code if a line has 0%",
            "series": "Série / series",
        },
        required=frozenset({"client", "what"}),
        text=message_template("""Issue an invoice in InvoiceXpress.
Client: {client}. To invoice: {what}. Tax: {tax}. Exemption: {tax_exemption}. Series: {series}.

1. Look the client up with find_client (code, exact name or NIF). If it does not exist, ask for name, code, tax number and country.
2. See the rates with list_taxes and use the exact name. If a line has 0%, confirm the reason with lookup_exemption_codes; never guess it.
3. Create the draft with create_invoice (date: today unless the person says otherwise; ask for the due date if you do not know it).
4. Show the person the client, lines, VAT per rate and total as the result has them. If it says stored_differently, stop and show the differences.
5. Finalize with change_state only when the person asks; the approval is theirs, not yours. Never say it is issued before the result says so.
6. Offer the PDF (get_pdf) and sending it by e-mail (send_email, approved too)."""),
    ),
    Prompt(
        name="correct_document",
        title="Corrigir um documento emitido / Correct an issued document",
        description="Nota de crédito ou anulação: qual das duas, e porquê. / Credit note or cancelling: which, and why.",
        arguments={
            "document_type": "Tipo de documento / kind of document",
            "document_id": "Id do documento / the document's id",
            "problem": "O que está errado / what is wrong",
        },
        required=frozenset({"problem"}),
        text=message_template("""Correct a document that was already issued. Kind: {document_type}. Id: {document_id}. What is wrong: {problem}.

A finalized document is neither edited nor deleted (Portaria 363/2010). Decide like this:
- The amount or the tax changes, for whatever reason: a credit note for what is too much, a debit note for what is missing, citing the invoice,
  and no new invoice (CIVA 29/7, 36/6; Of.-Circ. 30136/2012, point 14).
- The error changes neither amount nor tax (the tax number, say): cancel with a reason and issue again, also if it was delivered, paid or
  communicated; once communicated, the month's SAF-T is sent again. InvoiceXpress advises a credit note: confirm with the accountant.
- The document should not exist: cancel it if it never left; a credit note for all of it if the client has it.
- Never both on one document. If it has a receipt, cancel the receipt first (cancel_payment).

1. Call correct_document with draft false for the way, its source and its deadline.
2. Tell the person which way it is, and why; wait for the decision.
3. Credit note: correct_document drafts it; in lines, quantity and amount are what is taken off. Then change_state finalized.
   Debit note: create_invoice with document_type debit_notes, owner_invoice_id and the lines of what is missing.
   Cancelling: change_state canceled, with a whole sentence in message.
4. Every irreversible step is approved by the person."""),
    ),
    Prompt(
        name="month_end_check",
        title="Fecho do mês / Month-end check",
        description="Rascunhos esquecidos, faturas por pagar, falhas de numeração. / Forgotten drafts, unpaid invoices, gaps in numbering.",
        arguments={"month": "Mês, p. ex. 2026-11 / month, e.g. 2026-11"},
        required=frozenset({"month"}),
        text=message_template("""Check the month {month} in InvoiceXpress. Read only: change nothing.

1. list_invoices of the month with states draft: drafts not issued. Invoices are due by the 5th working day after the sale (CIVA 36/1).
2. list_invoices with unpaid true: what is unpaid, with the open amount; set apart the overdue (days_overdue).
3. list_invoices with final, settled and canceled, every page: for each series and type, see that numbers follow on and dates never go back.
4. list_sequences: series with N/D cannot issue.
5. Sum up in a table: what is missing, what it is worth, what to do. Mention by when invoices are communicated to AT: saft_due of month_end_check."""),
    ),
)

PROMPTS_BY_NAME = {prompt.name: prompt for prompt in _ALL}
PROMPTS = [prompt.to_mcp() for prompt in _ALL]
