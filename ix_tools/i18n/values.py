"""What InvoiceXpress's own words for units, states and kinds mean, Portuguese and English side by side."""

from ix_tools.i18n.words import Said

UNITS: dict[str, tuple[Said, Said]] = {
    "hour": (Said("hora", "hour"), Said("horas", "hours")),
    "day": (Said("dia", "day"), Said("dias", "days")),
    "month": (Said("mês", "month"), Said("meses", "months")),
    "unit": (Said("unidade", "unit"), Said("unidades", "units")),
    "service": (Said("serviço", "service"), Said("serviços", "services")),
    "other": (Said("outro", "other"), Said("outros", "others")),
}
"""The units that InvoiceXpress knows: one of it, and several."""

VALUES: dict[str, dict[str, Said]] = {
    "movement_type": {
        "Payment": Said("recebido do cliente", "received from the client"),
        "Reimbursement": Said("devolvido ao cliente", "given back to the client"),
    },
    "communication": {
        "auto": Said("cada documento, quando é emitido", "each document when it is issued"),
        "manual": Said("ficheiro SAF-T, à mão", "SAF-T file, by hand"),
        "guides": Said("só documentos de transporte", "transport documents only"),
        "portal_at": Said("no Portal das Finanças", "on AT's own site"),
    },
}
"""What an operation's own words mean, by the label that they stand under."""

FIELDS: dict[str, str] = {
    "before_taxes": "net",
    "taxes": "vat_total",
    "tax_exemption": "exemption",
    "discount": "discount_total",
}
"""Fields of a document that go by another label."""
