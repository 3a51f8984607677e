"""Sentences of chat commands: what each means as a canonical sentence, or why it is refused."""

from __future__ import annotations

UNDERSTOOD = {
    # documents: client, lines, options
    'fatura ACME "Consultoria" 3x60 iva23 vence 30d enviar': 'fatura para "ACME" "Consultoria" 3 x 60 iva23 vence 30d enviar',
    "fatura 3 horas de consultoria a ACME": 'fatura para "ACME" "consultoria" 3 h',
    "fatura 3 horas de consultoria a 60 a ACME iva23": 'fatura para "ACME" "consultoria" 3 h x 60 iva23',
    'fatura para "Padaria Central, Lda": “Revisão anual” 1x250,50 iva23; "Deslocação" 2 x 35 iva 23% vence em 15 dias': (
        'fatura para "Padaria Central, Lda" "Revisão anual" 1 x 250,5 iva23 "Deslocação" 2 x 35 iva23 vence 15d'
    ),
    'fatura recibo ACME "Formação" 1x1.200,00 isento M07 ref PO-77': (
        'fatura-recibo para "ACME" "Formação" 1 x 1200 isento M07 ref "PO-77"'
    ),
    'fatura nif 508025338 "Consultoria" 2x60,00 iva23 vence 31/12/2026 enviar para ana@acme.example': (
        'fatura nif 508025338 "Consultoria" 2 x 60 iva23 vence 31/12/2026 enviar para ana@acme.example'
    ),
    'invoice for ACME "Consulting" 3x60 vat23 due in 30 days send': (
        'invoice for "ACME" "Consulting" 3 x 60 vat23 due 30d send'
    ),
    "invoice 2 days of support at 400 for ACME vat23 due 30d": 'invoice for "ACME" "support" 2 days x 400 vat23 due 30d',
    'orçamento ACME "Obra" 1x15000 iva6 desconto 5% obs "Válido 30 dias"': (
        'orçamento para "ACME" "Obra" 1 x 15000 iva6 desconto 5% obs "Válido 30 dias"'
    ),
    'fatura ACME 10 un de "Parafuso M8" a 0,125 iva23': 'fatura para "ACME" "Parafuso M8" 10 un x 0,1250 iva23',
    'fatura ACME "A" 1x10 iva23 + "B" 2x20 iva6 + "C" 1x5 isento M07': (
        'fatura para "ACME" "A" 1 x 10 iva23 "B" 2 x 20 iva6 "C" 1 x 5 isento M07'
    ),
    'fatura ACME "Avença" 1x300 iva23 retenção 25% série A rascunho': (
        'rascunho fatura para "ACME" "Avença" 1 x 300 iva23 série "A" retenção 25%'
    ),
    "fatura a ACME 3h de consultoria a 60€ iva23": 'fatura para "ACME" "consultoria" 3 h x 60 iva23',
    'fatura ACME "Consultoria 3x60" 1x180 iva23': 'fatura para "ACME" "Consultoria 3x60" 1 x 180 iva23',
    "fatura ACME": 'fatura para "ACME"',
    "fatura": "fatura",
    # case, accents, quotes, blanks, signs
    "FATURA Acme «Consultoria» 3×60 IVA23 VENCE 30D": 'fatura para "Acme" "Consultoria" 3 x 60 iva23 vence 30d',
    "fatura\u00a0ACME\u00a0”Café com gelo“\u00a02\u202fx\u202f1,5 iva13": 'fatura para "ACME" "Café com gelo" 2 x 1,5 iva13',
    'factura ACME "Serviço" 1 x 10€ iva 23 %': 'fatura para "ACME" "Serviço" 1 x 10 iva23',
    'fatura ACME "Servic\u0327o" 1*10 iva23': 'fatura para "ACME" "Serviço" 1 x 10 iva23',
    'fatura ACME\n"A" 1x10 iva23\n"B" 2x20 iva23\nvence 30d': 'fatura para "ACME" "A" 1 x 10 iva23 "B" 2 x 20 iva23 vence 30d',
    'fatura A&B Lda "A" 1x10 iva23': 'fatura para "A&B Lda" "A" 1 x 10 iva23',
    'fatura ACME "A\u200b B" 1x10 iva23': 'fatura para "ACME" "A B" 1 x 10 iva23',
    # numbers
    'fatura ACME "A" 1,5x1.234,56 iva23': 'fatura para "ACME" "A" 1,5 x 1234,56 iva23',
    'invoice ACME "A" 1.5x1,234.56 vat23': 'invoice for "ACME" "A" 1.5 x 1234.56 vat23',
    'fatura ACME "A" 1x1.234.567 iva23': 'fatura para "ACME" "A" 1 x 1234567 iva23',
    'fatura ACME "A" 1x0,125 iva23': 'fatura para "ACME" "A" 1 x 0,1250 iva23',
    'fatura ACME "A" 1x12.5 iva23': 'fatura para "ACME" "A" 1 x 12,5 iva23',
    'fatura ACME "A" 1x1234,5678 iva23': 'fatura para "ACME" "A" 1 x 1234,5678 iva23',
    # clients
    "fatura para Padaria Central": 'fatura para "Padaria Central"',
    'fatura "Nova, Lda" nif 508025338 "A" 1x1 iva23': 'fatura para "Nova, Lda" nif 508025338 "A" 1 x 1 iva23',
    'fatura código ACME-1 "A" 1x1 iva23': 'fatura código "ACME-1" "A" 1 x 1 iva23',
    'fatura nif DE136695976 "A" 1x1 isento M40': 'fatura nif DE136695976 "A" 1 x 1 isento M40',
    'fatura ao "3M Portugal" "A" 1x1 iva23': 'fatura para "3M Portugal" "A" 1 x 1 iva23',
    'fatura "Padaria Central" "Pão" 3x2 iva6': 'fatura para "Padaria Central" "Pão" 3 x 2 iva6',
    # lines
    'fatura ACME "Consultoria" 3h x 60 iva23': 'fatura para "ACME" "Consultoria" 3 h x 60 iva23',
    'fatura ACME "Consultoria" 3 horas a 60 iva23': 'fatura para "ACME" "Consultoria" 3 h x 60 iva23',
    'fatura ACME "Consultoria" 3': 'fatura para "ACME" "Consultoria" 3',
    'fatura ACME 2 meses de "Avença" a 300 iva23': 'fatura para "ACME" "Avença" 2 meses x 300 iva23',
    "fatura ACME 3 dias de apoio técnico por 250 iva23": 'fatura para "ACME" "apoio técnico" 3 dias x 250 iva23',
    'fatura ACME "A" 1x10 taxa "IVA 22 Madeira"': 'fatura para "ACME" "A" 1 x 10 taxa "IVA 22 Madeira"',
    'fatura ACME "A" 1x10 iva23 desconto 10%': 'fatura para "ACME" "A" 1 x 10 iva23 desconto 10%',
    'fatura ACME "A" 1x10 iva23 desconto total 2,5%': 'fatura para "ACME" "A" 1 x 10 iva23 desconto total 2,5%',
    'fatura ACME "A" 1x10 iva23 desconto total 5€': 'fatura para "ACME" "A" 1 x 10 iva23 desconto total 5€',
    'fatura ACME "A" 1x10 isento m07': 'fatura para "ACME" "A" 1 x 10 isento M07',
    # options, in any order
    'fatura vence 30d para ACME data ontem "A" 1x1 iva23': 'fatura para "ACME" "A" 1 x 1 iva23 vence 30d data ontem',
    'fatura ACME "A" 1x1 iva23 vence hoje': 'fatura para "ACME" "A" 1 x 1 iva23 vence hoje',
    'fatura ACME "A" 1x1 iva23 vence 2026-12-31 data 30-11-2026': (
        'fatura para "ACME" "A" 1 x 1 iva23 vence 31/12/2026 data 30/11/2026'
    ),
    'fatura ACME "A" 1x1 iva23 prazo 15 dias': 'fatura para "ACME" "A" 1 x 1 iva23 vence 15d',
    'fatura ACME "A" 1x1 iva23 ref "PO 77" obs "Linha; com + sinais"': (
        'fatura para "ACME" "A" 1 x 1 iva23 ref "PO 77" obs "Linha; com + sinais"'
    ),
    'fatura ACME "A" 1x1 iva23 aceito overwrite_items': 'fatura para "ACME" "A" 1 x 1 iva23 aceito overwrite_items',
    'fatura ACME "A" 1x1 iva23 enviar ana+faturas@acme.example': (
        'fatura para "ACME" "A" 1 x 1 iva23 enviar para ana+faturas@acme.example'
    ),
    'invoice ACME "A" 1x1 vat23 send to ana@acme.example series B': (
        'invoice for "ACME" "A" 1 x 1 vat23 series "B" send to ana@acme.example'
    ),
    # other documents
    'rascunho ACME "A" 1x10 iva23': 'rascunho fatura para "ACME" "A" 1 x 10 iva23',
    'rascunho de fatura-recibo ACME "A" 1x10 iva23': 'rascunho fatura-recibo para "ACME" "A" 1 x 10 iva23',
    'draft invoice ACME "A" 1x10 vat23': 'draft invoice for "ACME" "A" 1 x 10 vat23',
    'fatura simplificada "Café" 1x2 iva13': 'fatura simplificada "Café" 1 x 2 iva13',
    'proforma ACME "A" 1x10 iva23': 'fatura proforma para "ACME" "A" 1 x 10 iva23',
    'quote ACME "A" 1x10 vat23 valid 60d': 'estimate for "ACME" "A" 1 x 10 vat23 due 60d',
    'invoice-receipt ACME "A" 1x10 vat23': 'invoice-receipt for "ACME" "A" 1 x 10 vat23',
    # credit, payment, cancelling
    'crédito FT 1/2026 "Serviço não prestado por inteiro"': 'crédito FT 1/2026 "Serviço não prestado por inteiro"',
    "nota de crédito ft 1/2026": "crédito FT 1/2026",
    'crédito FT 1/2026 "Duas horas a mais" linha 1 x 2 linha 3 30€': 'crédito FT 1/2026 "Duas horas a mais" linha 1 x 2 linha 3 30€',
    "pago FT 1/2026": "pago FT 1/2026",
    "pago FT 1/2026 60€ transferência hoje": "pago FT 1/2026 60€ transferência data hoje",
    'recebi 1/2026 60 numerário data 20/11/2026 obs "em mão"': 'pago 1/2026 60€ numerário data 20/11/2026 obs "em mão"',
    "paid FT 1/2026 1.234,50 cash today": "paid FT 1/2026 1234.5€ cash date today",
    'anular FT 1/2026 "Emitida ao cliente errado"': 'anular FT 1/2026 "Emitida ao cliente errado"',
    "cancel RG 3/2026": "cancel RG 3/2026",
    # looking
    "estado FT 1/2026": "estado FT 1/2026",
    "estado Padaria Central": 'estado "Padaria Central"',
    "status “Padaria Central”": 'state "Padaria Central"',
    "pdf FT 2026/17": "pdf FT 2026/17",
    "por pagar": "por pagar",
    "por pagar da ACME": 'por pagar "ACME"',
    "unpaid ACME": 'unpaid "ACME"',
    "em dívida": "por pagar",
    "pendentes": "pendentes",
    "pending": "pending",
    "aprovar k7m2qxrb": "aprovar K7M2QXRB",
    'rejeitar K7M2QXRB "preço errado"': 'rejeitar K7M2QXRB "preço errado"',
    "emitir fatura 1001": "emitir fatura 1001",
    "apagar nota de crédito 1002": "apagar nota de crédito 1002",
    "issue invoice-receipt 7": "issue invoice-receipt 7",
    "delete quote 7": "delete estimate 7",
    "ajuda": "ajuda",
    "ajuda fatura": "ajuda fatura",
    "?": "ajuda",
}

REFUSED = {
    "": "There is no command.",
    "ok manda a fatura da ACME": "I stopped at “ok manda a fatura da ACME”.",
    "fatura ACME consultoria 3x60": 'Put the name of the item in quotes: "Consulting" 3x60.',
    'fatura ACME "Consultoria" 3x60 iva23 30d': "For the due date say due 30d.",
    'fatura ACME "Consultoria" 3x60 30 dias': "For the due date say due 30d.",
    'fatura ACME "A" 1x10 💸': 'I stopped at “💸”, after “fatura ACME "A" 1x10”.',
    'fatura "Padaria Central" 3 horas de consultoria a 60': "Say for before the client",
    'fatura ACME "A" 3 60': "Something is missing after",
    'fatura ACME "A" 3 60 "B"': "“3 60” are two numbers in a row",
    'fatura ACME "A" 3x60 iva23 iva6': "You say the tax twice.",
    'fatura ACME iva23 "A" 3x60': "Write the tax behind the line that it is for.",
    'fatura ACME desconto 5% "A" 3x60': "Write the discount behind the line that it is for.",
    'fatura ACME para BETA "A" 1x1': "You say the client twice.",
    'fatura ACME "A" 1x1 vence 30d vence 15d': "You say the due date twice.",
    'fatura ACME "A" 1x1 data hoje data ontem': "You say the date twice.",
    'fatura ACME "A" 1x1 ref A ref B': "You say the reference twice.",
    'fatura ACME "A" 1x1 isento M07; "B" 1x1 isento M05': "one exemption code, and you wrote M07 and M05",
    'fatura ACME "A 1x1': "A quote is opened and not closed.",
    'fatura ACME "A" 1x1 vence 31/02/2027': "“31/02/2027” is no date that exists.",
    'fatura ACME "A" 1x1.23.4': "“1.23.4” is no number",
    'fatura ACME "A" 1x1,2,3': "“1,2,3” is no number",
    'fatura ACME "A" 1x1234567890123456': "is no number",
    'fatura ACME "A" ٣x٦': "I stopped at “٣x٦”",
    "crédito ACME": "a document's number: FT 1/2026",
    "pago": "a document's number: FT 1/2026",
    "pago FT 1/2026 60 70": "“60 70” are two numbers in a row",
    "anular": "a document's number: FT 1/2026",
    "aprovar": "an approval's id of eight letters and digits",
    "aprovar tudo": "an approval's id of eight letters and digits",
    'fatura ACME "A" 1x10 iva23 enviar para': "I stopped at “para”",
    "fatura ACME; DROP TABLE": "I stopped at “DROP TABLE”",
}
"""A part of the refusal in English."""

UNCLEAR = {
    'fatura ACME "A" 1x1.234 iva23': ("1,2340", "1234"),
    'fatura ACME "A" 1x1,234 iva23': ("1,2340", "1234"),
    'invoice ACME "A" 2.500x3 vat23': ("2.5", "2500"),
    "pago FT 1/2026 1.250 transferência": ("1,25", "1250"),
}
"""Sentences with a number that can mean two things, and both."""
