"""Labels in Portuguese and English for InvoiceXpress's values: units, movement types, ways of communication."""

from ix_tools.i18n.messages import Message, message

UNIT_LABELS: dict[str, tuple[Message, Message]] = {
    "hour": (message("hour"), message("hours")),
    "day": (message("day"), message("days")),
    "month": (message("month"), message("months")),
    "unit": (message("unit"), message("units")),
    "service": (message("service"), message("services")),
    "other": (message("other"), message("others")),
}
"""InvoiceXpress's units: singular and plural."""

VALUE_LABELS: dict[str, dict[str, Message]] = {
    "movement_type": {
        "Payment": message("received from the client"),
        "Reimbursement": message("given back to the client"),
    },
    "communication": {
        "auto": message("each document when it is issued"),
        "manual": message("SAF-T file, by hand"),
        "guides": message("transport documents only"),
        "portal_at": message("on AT's own site"),
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
