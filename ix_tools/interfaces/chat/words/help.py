"""The whole language as a person reads it: every kind of sentence with an example and what it does."""

from collections.abc import Iterator
from dataclasses import dataclass

from ix_tools.i18n.languages import Bilingual, Language
from ix_tools.i18n.messages import Message, message, render
from ix_tools.interfaces.chat.words.folding import fold


@dataclass(frozen=True, slots=True)
class Entry:
    """An example in both languages, and what it means. Every example parses; the tests hold it."""

    example: Bilingual
    meaning: Message


COMMANDS = (
    Entry(
        Bilingual(
            'fatura ACME "Consultoria" 3x60 iva23 vence 30d enviar',
            'invoice for ACME "Consulting" 3x60 vat23 due 30d send',
        ),
        message("issues an invoice when a colleague approves it, and sends it to the client"),
    ),
    Entry(
        Bilingual(
            'rascunho ACME "Consultoria" 3x60 iva23 vence 30d', 'draft ACME "Consulting" 3x60 vat23 due 30d'
        ),
        message("creates a draft, which you can still change in InvoiceXpress"),
    ),
    Entry(
        Bilingual(
            'fatura-recibo ACME "Formação" 1x120 isento M07',
            'invoice-receipt ACME "Training" 1x120 exempt M07',
        ),
        message("issues an invoice that is paid at once"),
    ),
    Entry(
        Bilingual(
            'fatura simplificada nif 508025338 "Café" 1x2 iva13',
            'simplified invoice nif 508025338 "Coffee" 1x2 vat13',
        ),
        message("issues a simplified invoice"),
    ),
    Entry(
        Bilingual(
            'orçamento ACME "Obra" 1x15000 iva6 vence 30d', 'estimate ACME "Works" 1x15000 vat6 due 30d'
        ),
        message("drafts an estimate; proforma does the same for a pro forma invoice"),
    ),
    Entry(
        Bilingual(
            'crédito FT 1/2026 "Serviço não prestado por inteiro"',
            'credit FT 1/2026 "The service was not rendered in full"',
        ),
        message("drafts a credit note of what is left, or of some lines: line 2 x 1, line 2 30€"),
    ),
    Entry(
        Bilingual("pago FT 1/2026 60€ transferência hoje", "paid FT 1/2026 60€ transfer today"),
        message("records a payment, which issues a receipt"),
    ),
    Entry(
        Bilingual(
            'anular FT 1/2026 "Emitida ao cliente errado"', 'cancel FT 1/2026 "Issued to the wrong client"'
        ),
        message("cancels a document or a receipt, with the reason"),
    ),
    Entry(
        Bilingual("estado FT 1/2026", "state FT 1/2026"),
        message("shows a document; with a client's name, what that client owes"),
    ),
    Entry(
        Bilingual("emitir fatura 1001", "issue invoice 1001"),
        message("issues a draft by its id, when it is approved; delete invoice 1001 deletes it"),
    ),
    Entry(Bilingual("pdf FT 1/2026", "pdf FT 1/2026"), message("sends you the PDF")),
    Entry(
        Bilingual("por pagar ACME", "unpaid ACME"), message("lists what is unpaid, of one client or of all")
    ),
    Entry(Bilingual("pendentes", "pending"), message("lists what waits for an approval")),
    Entry(
        Bilingual("aprovar K7M2QXRB", "approve K7M2QXRB"),
        message("shows an approval with its buttons"),
    ),
    Entry(
        Bilingual('rejeitar K7M2QXRB "preço errado"', 'reject K7M2QXRB "wrong price"'),
        message("rejects it, with a reason"),
    ),
    Entry(Bilingual("ajuda", "help"), message("shows this list; help invoice shows the parts of a document")),
)
PARTS = (
    Entry(
        Bilingual('fatura para "Padaria Central, Lda"', 'invoice for "Padaria Central, Lda"'),
        message("the client, by name; or nif 508025338, or code ACME. A new client needs name and nif"),
    ),
    Entry(
        Bilingual('fatura ACME "Consultoria" 3x60', 'invoice ACME "Consulting" 3x60'),
        message("a line: its name in quotes, quantity and price without VAT. More lines after ; or +"),
    ),
    Entry(
        Bilingual("fatura 3h de consultoria a 60 para ACME", "invoice 3h of consulting at 60 for ACME"),
        message("a line in words: quantity, unit (h, days, months, units, services), name, price"),
    ),
    Entry(
        Bilingual('fatura ACME "Consultoria" 3', 'invoice ACME "Consulting" 3'),
        message("without a price: that of the one catalogue item of this name, which the card shows"),
    ),
    Entry(
        Bilingual(
            'fatura ACME "A" 1x10 iva23; "B" 2x20 isento M07',
            'invoice ACME "A" 1x10 vat23; "B" 2x20 exempt M07',
        ),
        message('the VAT of the line before it; another tax by its name: tax "IVA 22 Madeira"'),
    ),
    Entry(
        Bilingual('fatura ACME "A" 1x10 iva23 desconto 5%', 'invoice ACME "A" 1x10 vat23 discount 5%'),
        message("a discount on the line before it; total discount 5% or 10€ is on all lines"),
    ),
    Entry(
        Bilingual("fatura ACME vence 30d data hoje", "invoice ACME due 30d date today"),
        message("due date and date; without a date it is today"),
    ),
    Entry(
        Bilingual(
            'fatura ACME ref PO-77 obs "Obrigado" série A', 'invoice ACME ref PO-77 obs "Thank you" series A'
        ),
        message("reference, notes, series"),
    ),
    Entry(Bilingual("fatura ACME retenção 25%", "invoice ACME withholding 25%"), message("withholding tax")),
    Entry(
        Bilingual("fatura ACME enviar para ana@acme.example", "invoice ACME send to ana@acme.example"),
        message("sends it by e-mail; without an address, to the client's own"),
    ),
)
NOTE = message(
    "Nothing is issued without an approval. A number such as 1.234 is asked about; what is not understood is refused."
)


def write_help(topic: str, language: Language) -> str:
    """Return the help: every command, or the parts of a document."""
    documents = ("fatura", "invoice", "rascunho", "draft", "orcamento", "estimate", "linha", "line")
    entries = PARTS if fold(topic).startswith(documents) else COMMANDS
    return "\n".join([*_write_entries(entries, language), "", render(NOTE, language)])


def _write_entries(entries: tuple[Entry, ...], language: Language) -> Iterator[str]:
    for one in entries:
        yield f"• {one.example.text(language)}"
        yield f"   {render(one.meaning, language)}"
