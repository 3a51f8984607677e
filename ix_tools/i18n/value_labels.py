"""Names of InvoiceXpress's values and records in Portuguese and English: units, movement types, ways of communication."""

from ix_tools.i18n.languages import Bilingual
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

RECORD_NAMES: dict[str, str] = {
    "account": "conta",
    "client": "cliente",
    "document": "documento",
    "initial_balance": "saldo inicial",
    "item": "artigo",
    "receipt": "recibo",
    "regularization": "regularização",
    "sequence": "série",
    "tax": "taxa",
    "treasury_movement": "movimento de tesouraria",
}
"""Portuguese names of records within a sentence, by their key in results."""


def name_record(key: str) -> Bilingual:
    """Return the name of a record within a sentence: in English its key."""
    return Bilingual(RECORD_NAMES.get(key, key), key.replace("_", " "))


LABEL_ALIASES: dict[str, str] = {
    "before_taxes": "net",
    "taxes": "vat_total",
    "tax_exemption": "exemption",
    "discount": "discount_total",
}
"""Labels of document fields whose name is another one."""


def name_unit(unit: str | None) -> Message | str | None:
    """Return the name of a unit in the singular; one that is not InvoiceXpress's own as it is."""
    return UNIT_LABELS[unit][0] if unit in UNIT_LABELS else unit
