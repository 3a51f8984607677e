"""Labels in Portuguese and English for InvoiceXpress's values: units, movement types, ways of communication."""

from ix_tools.i18n.labels import Bilingual

UNIT_LABELS: dict[str, tuple[Bilingual, Bilingual]] = {
    "hour": (Bilingual("hora", "hour"), Bilingual("horas", "hours")),
    "day": (Bilingual("dia", "day"), Bilingual("dias", "days")),
    "month": (Bilingual("mês", "month"), Bilingual("meses", "months")),
    "unit": (Bilingual("unidade", "unit"), Bilingual("unidades", "units")),
    "service": (Bilingual("serviço", "service"), Bilingual("serviços", "services")),
    "other": (Bilingual("outro", "other"), Bilingual("outros", "others")),
}
"""InvoiceXpress's units: singular and plural."""

VALUE_LABELS: dict[str, dict[str, Bilingual]] = {
    "movement_type": {
        "Payment": Bilingual("recebido do cliente", "received from the client"),
        "Reimbursement": Bilingual("devolvido ao cliente", "given back to the client"),
    },
    "communication": {
        "auto": Bilingual("cada documento, quando é emitido", "each document when it is issued"),
        "manual": Bilingual("ficheiro SAF-T, à mão", "SAF-T file, by hand"),
        "guides": Bilingual("só documentos de transporte", "transport documents only"),
        "portal_at": Bilingual("no Portal das Finanças", "on AT's own site"),
    },
}
"""Labels of parameter values, by the label that they are shown under."""

LABEL_ALIASES: dict[str, str] = {
    "before_taxes": "net",
    "taxes": "vat_total",
    "tax_exemption": "exemption",
    "discount": "discount_total",
}
"""Labels of document fields whose name is another one."""
