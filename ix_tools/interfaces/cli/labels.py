"""The names of what records hold, and how their values are written, in Portuguese and English.

A field that nobody has named here is shown under its own name: a new field needs no line in this file.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ix_tools.domain.document_kinds import document_types
from ix_tools.i18n import formats
from ix_tools.i18n.words import LABELS, Language, Said
from ix_tools.operations.headings import heading
from ix_tools.text.sanitize import visible

FIELDS: Mapping[str, Said] = {
    "paused_seconds": Said("Pausa (s)", "Paused (s)"),
    "failures": Said("Falhas seguidas", "Failures in a row"),
    "id": Said("Id", "Id"),
    "document_id": Said("Documento", "Document"),
    "document_type": Said("Tipo", "Type"),
    "number": Said("Número", "Number"),
    "status": Said("Estado", "State"),
    "name": Said("Nome", "Name"),
    "value": Said("Taxa %", "Rate %"),
    "region": Said("Região", "Region"),
    "code": Said("Código", "Code"),
    "default_tax": Said("Predefinida", "Default"),
    "fiscal_id": Said("NIF", "Tax number"),
    "country": Said("País", "Country"),
    "email": Said("E-mail", "E-mail"),
    "address": Said("Morada", "Address"),
    "city": Said("Localidade", "City"),
    "postal_code": Said("Código postal", "Postal code"),
    "phone": Said("Telefone", "Telephone"),
    "fax": Said("Fax", "Fax"),
    "website": Said("Sítio", "Website"),
    "language": Said("Língua", "Language"),
    "text": Said("Texto impresso", "Printed text"),
    "meaning": Said("Significado", "Meaning"),
    "law": Said("Lei", "Law"),
    "valid_from": Said("Desde", "From"),
    "valid_until": Said("Até", "Until"),
    "in_force": Said("Em vigor", "In force"),
    "source": Said("Fonte", "Source"),
    "as_of": Said("À data de", "As of"),
    "to": Said("Para", "To"),
    "file": Said("Ficheiro", "File"),
    "bytes": Said("Bytes", "Bytes"),
    "link": Said("Ligação", "Link"),
    "page": Said("Página", "Page"),
    "pages": Said("Páginas", "Pages"),
    "total_entries": Said("Ao todo", "In all"),
    "left_out": Said("Ficou de fora", "Left out"),
    "to_pay": Said("A pagar", "To pay"),
    "serie": Said("Série", "Series"),
    "sequence_id": Said("Id da série", "Series id"),
    "last_number": Said("Último número", "Last number"),
    "validation_code": Said("Código de validação", "Validation code"),
    "default": Said("Predefinida", "Default"),
    "atcud": Said("ATCUD", "ATCUD"),
    "at_doc_code_id": Said("Código da AT", "AT code"),
    "owner_invoice_id": Said("Documento de origem", "Corrected document"),
    "license_plate": Said("Matrícula", "Vehicle"),
    "address_from": Said("Carga", "Loading"),
    "address_to": Said("Descarga", "Delivery"),
    "mb_reference": Said("Multibanco", "Multibanco"),
    "quantity": Said("Qtd.", "Qty"),
    "unit_price": Said("Preço", "Price"),
    "discount": Said("Desc.", "Disc."),
    "tax": Said("IVA", "VAT"),
    "net": Said("Líquido", "Net"),
    "line": Said("Descrição", "Description"),
    "base": Said("Base", "Base"),
    "summary": Said("O quê", "What"),
    "expires_at": Said("Até às", "Until"),
    "state": Said("Estado", "State"),
    "channel": Said("Onde", "Where"),
    "operation": Said("Operação", "Operation"),
    "principal": Said("De", "Asked by"),
    "differs": Said("Difere", "Differs"),
    "company": Said("Empresa", "Company"),
    "nif": Said("NIF", "Tax number"),
    "action": Said("Ação", "Action"),
    "client": LABELS["client"],
    "amount": Said("Valor", "Amount"),
    "recipient": LABELS["recipient"],
    "host": Said("Programa", "Program"),
    "scopes": Said("Pode", "May"),
    "accounts": Said("Contas", "Accounts"),
    "used_at": Said("Última utilização", "Last used"),
    "subject": Said("Sobre", "About"),
    "face": Said("Por", "Through"),
    "approval": Said("Aprovação", "Approval"),
    "attempts": Said("Tentativas", "Attempts"),
    "created_at": Said("Quando", "When"),
    "finding": Said("O quê", "What"),
    "document": Said("Documento", "Document"),
    "why": Said("Porquê", "Why"),
    "issued": Said("Emitidos", "Issued"),
    "matched": Said("Aprovados", "Approved"),
    "first": Said("Primeiro", "First"),
    "last": Said("Último", "Last"),
    "account": LABELS["account"],
    "reason": LABELS["reason"],
    "title": Said("O que faz", "What it does"),
    "effect": Said("Efeito", "Effect"),
    "toolset": Said("Conjunto", "Toolset"),
    "does": Said("O que faz", "What it does"),
    "approved_by": Said("Aprova", "Approved by"),
    "example": Said("Exemplo", "Example"),
    "rules": Said("Regras", "Rules"),
    "input_schema": Said("Argumentos", "Arguments"),
    "output_schema": Said("Resultado", "Result"),
    "setting": Said("Definição", "Setting"),
    "environment": Said("No ambiente", "In the environment"),
    "setting_value": Said("Valor", "Value"),
    "from": Said("De onde vem", "From"),
    "people": Said("Pessoas", "People"),
    "warnings": LABELS["warnings"],
}
NO = Said("não", "no")
STATES: Mapping[str, Said] = {
    "draft": Said("rascunho", "draft"),
    "final": Said("finalizado", "final"),
    "sent": Said("finalizado", "final"),
    "settled": Said("pago", "settled"),
    "canceled": Said("anulado", "cancelled"),
    "deleted": Said("apagado", "deleted"),
    "second_copy": Said("2.ª via", "second copy"),
    "ready": Said("pronto", "ready"),
    "pending": Said("à espera", "pending"),
    "approved": Said("aprovado", "approved"),
    "rejected": Said("recusado", "rejected"),
    "unanswered": Said("sem resposta", "unanswered"),
    "used": Said("usado", "used"),
    "stale": Said("desatualizado", "stale"),
    "expired": Said("expirado", "expired"),
}
COLOURS = {
    "draft": "yellow",
    "final": "green",
    "sent": "green",
    "settled": "green",
    "canceled": "red",
    "deleted": "red",
    "pending": "yellow",
    "ready": "green",
}
AMOUNTS = frozenset({"total", "to_pay", "sum", "before_taxes", "taxes"})
DATES = frozenset({"date", "due_date", "valid_from", "valid_until", "as_of"})
COUNTS = frozenset({"issued", "matched", "first", "last"})
RIGHT = AMOUNTS | COUNTS | {"id", "document_id", "value", "last_number", "sequence_id", "bytes"}
"""Columns of numbers."""


def label(field: str, language: Language) -> str:
    """What a field is called."""
    said = FIELDS.get(field)
    return said.in_(language) if said else heading(field, language)


def kind(plural: str, language: Language) -> str:
    """A document type in words; one that is only read back stays as it is."""
    found = next((one for one in document_types() if plural in {one.plural, one.singular}), None)
    return (
        (found.pt if language == "pt" else found.en)
        if found
        else visible(plural).replace("_", " ").capitalize()
    )


def state(word: str, language: Language) -> str:
    """A state in words."""
    said = STATES.get(word)
    return said.in_(language) if said else visible(word)


def shown(field: str, value: Any, language: Language) -> str:
    """A value as a person reads it; text from outside is made inert."""
    if value is None or value == "" or value == []:
        return "-"
    if isinstance(value, bool):
        return (LABELS["yes"] if value else NO).in_(language)
    if isinstance(value, Mapping):
        return ", ".join(shown("", part, language) for part in value.values())
    if isinstance(value, list):
        return ", ".join(shown("", part, language) for part in value)
    text = visible(str(value))
    try:
        if field in AMOUNTS:
            return formats.money(Decimal(text), language)
        if field in DATES:
            return formats.day(date.fromisoformat(text), language)
        if field == "value":
            return formats.number(Decimal(text), language)
    except (InvalidOperation, ValueError):
        return text  # an answer in another form is shown as it came
    if field == "document_type":
        return kind(text, language)
    return state(text, language) if field in {"status", "state"} else text
