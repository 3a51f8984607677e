"""Labels of fields, document types and states, and how values are written, in Portuguese and English.

A field without a label here is shown under its own name, so a new field needs no line in this file.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ix_tools.domain.document_kinds import list_document_kinds
from ix_tools.i18n import formats
from ix_tools.i18n.labels import LABELS, Bilingual, Language
from ix_tools.operations.labels import translate_label
from ix_tools.text.sanitize import sanitize_line

FIELDS: Mapping[str, Bilingual] = {
    "paused_seconds": Bilingual("Pausa (s)", "Paused (s)"),
    "failures": Bilingual("Falhas seguidas", "Failures in a row"),
    "id": Bilingual("Id", "Id"),
    "document_id": Bilingual("Documento", "Document"),
    "document_type": Bilingual("Tipo", "Type"),
    "number": Bilingual("Número", "Number"),
    "status": Bilingual("Estado", "State"),
    "name": Bilingual("Nome", "Name"),
    "value": Bilingual("Taxa %", "Rate %"),
    "region": Bilingual("Região", "Region"),
    "code": Bilingual("Código", "Code"),
    "default_tax": Bilingual("Predefinida", "Default"),
    "fiscal_id": Bilingual("NIF", "Tax number"),
    "country": Bilingual("País", "Country"),
    "email": Bilingual("E-mail", "E-mail"),
    "address": Bilingual("Morada", "Address"),
    "city": Bilingual("Localidade", "City"),
    "postal_code": Bilingual("Código postal", "Postal code"),
    "phone": Bilingual("Telefone", "Telephone"),
    "fax": Bilingual("Fax", "Fax"),
    "website": Bilingual("Sítio", "Website"),
    "language": Bilingual("Língua", "Language"),
    "text": Bilingual("Texto impresso", "Printed text"),
    "meaning": Bilingual("Significado", "Meaning"),
    "law": Bilingual("Lei", "Law"),
    "valid_from": Bilingual("Desde", "From"),
    "valid_until": Bilingual("Até", "Until"),
    "in_force": Bilingual("Em vigor", "In force"),
    "source": Bilingual("Fonte", "Source"),
    "as_of": Bilingual("À data de", "As of"),
    "to": Bilingual("Para", "To"),
    "file": Bilingual("Ficheiro", "File"),
    "bytes": Bilingual("Bytes", "Bytes"),
    "link": Bilingual("Ligação", "Link"),
    "page": Bilingual("Página", "Page"),
    "pages": Bilingual("Páginas", "Pages"),
    "total_entries": Bilingual("Ao todo", "In all"),
    "left_out": Bilingual("Ficou de fora", "Left out"),
    "to_pay": Bilingual("A pagar", "To pay"),
    "serie": Bilingual("Série", "Series"),
    "sequence_id": Bilingual("Id da série", "Series id"),
    "last_number": Bilingual("Último número", "Last number"),
    "validation_code": Bilingual("Código de validação", "Validation code"),
    "default": Bilingual("Predefinida", "Default"),
    "atcud": Bilingual("ATCUD", "ATCUD"),
    "at_doc_code_id": Bilingual("Código da AT", "AT code"),
    "owner_invoice_id": Bilingual("Documento de origem", "Corrected document"),
    "license_plate": Bilingual("Matrícula", "Vehicle"),
    "address_from": Bilingual("Carga", "Loading"),
    "address_to": Bilingual("Descarga", "Delivery"),
    "mb_reference": Bilingual("Multibanco", "Multibanco"),
    "quantity": Bilingual("Qtd.", "Qty"),
    "unit_price": Bilingual("Preço", "Price"),
    "discount": Bilingual("Desc.", "Disc."),
    "tax": Bilingual("IVA", "VAT"),
    "net": Bilingual("Líquido", "Net"),
    "line": Bilingual("Descrição", "Description"),
    "base": Bilingual("Base", "Base"),
    "summary": Bilingual("O quê", "What"),
    "expires_at": Bilingual("Até às", "Until"),
    "state": Bilingual("Estado", "State"),
    "channel": Bilingual("Onde", "Where"),
    "operation": Bilingual("Operação", "Operation"),
    "principal": Bilingual("De", "Asked by"),
    "differs": Bilingual("Difere", "Differs"),
    "company": Bilingual("Empresa", "Company"),
    "nif": Bilingual("NIF", "Tax number"),
    "action": Bilingual("Ação", "Action"),
    "client": LABELS["client"],
    "amount": Bilingual("Valor", "Amount"),
    "recipient": LABELS["recipient"],
    "host": Bilingual("Programa", "Program"),
    "scopes": Bilingual("Pode", "May"),
    "accounts": Bilingual("Contas", "Accounts"),
    "used_at": Bilingual("Última utilização", "Last used"),
    "subject": Bilingual("Sobre", "About"),
    "face": Bilingual("Por", "Through"),
    "approval": Bilingual("Aprovação", "Approval"),
    "attempts": Bilingual("Tentativas", "Attempts"),
    "created_at": Bilingual("Quando", "When"),
    "finding": Bilingual("O quê", "What"),
    "document": Bilingual("Documento", "Document"),
    "why": Bilingual("Porquê", "Why"),
    "issued": Bilingual("Emitidos", "Issued"),
    "matched": Bilingual("Aprovados", "Approved"),
    "first": Bilingual("Primeiro", "First"),
    "last": Bilingual("Último", "Last"),
    "account": LABELS["account"],
    "reason": LABELS["reason"],
    "title": Bilingual("O que faz", "What it does"),
    "effect": Bilingual("Efeito", "Effect"),
    "toolset": Bilingual("Conjunto", "Toolset"),
    "does": Bilingual("O que faz", "What it does"),
    "approved_by": Bilingual("Aprova", "Approved by"),
    "example": Bilingual("Exemplo", "Example"),
    "rules": Bilingual("Regras", "Rules"),
    "input_schema": Bilingual("Argumentos", "Arguments"),
    "output_schema": Bilingual("Resultado", "Result"),
    "setting": Bilingual("Definição", "Setting"),
    "environment": Bilingual("No ambiente", "In the environment"),
    "setting_value": Bilingual("Valor", "Value"),
    "from": Bilingual("De onde vem", "From"),
    "people": Bilingual("Pessoas", "People"),
    "warnings": LABELS["warnings"],
}
NO = Bilingual("não", "no")
STATES: Mapping[str, Bilingual] = {
    "draft": Bilingual("rascunho", "draft"),
    "final": Bilingual("finalizado", "final"),
    "sent": Bilingual("finalizado", "final"),
    "settled": Bilingual("pago", "settled"),
    "canceled": Bilingual("anulado", "cancelled"),
    "deleted": Bilingual("apagado", "deleted"),
    "second_copy": Bilingual("2.ª via", "second copy"),
    "ready": Bilingual("pronto", "ready"),
    "pending": Bilingual("à espera", "pending"),
    "approved": Bilingual("aprovado", "approved"),
    "rejected": Bilingual("recusado", "rejected"),
    "unanswered": Bilingual("sem resposta", "unanswered"),
    "used": Bilingual("usado", "used"),
    "stale": Bilingual("desatualizado", "stale"),
    "expired": Bilingual("expirado", "expired"),
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
AMOUNTS = frozenset({"total", "to_pay", "withheld", "sum", "before_taxes", "taxes"})
DATES = frozenset({"date", "due_date", "valid_from", "valid_until", "as_of"})
COUNTS = frozenset({"issued", "matched", "first", "last"})
RIGHT = AMOUNTS | COUNTS | {"id", "document_id", "value", "last_number", "sequence_id", "bytes"}
"""Columns of numbers, aligned right."""


def format_label(field: str, language: Language) -> str:
    """Return a field's label."""
    said = FIELDS.get(field)
    return said.text(language) if said else translate_label(field, language)


def format_kind(plural: str, language: Language) -> str:
    """Return a document type's name; an unknown type keeps its word."""
    found = next((one for one in list_document_kinds() if plural in {one.plural, one.singular}), None)
    return (
        (found.pt if language == "pt" else found.en)
        if found
        else sanitize_line(plural).replace("_", " ").capitalize()
    )


def format_state(word: str, language: Language) -> str:
    """Return a state's name."""
    said = STATES.get(word)
    return said.text(language) if said else sanitize_line(word)


def format_value(field: str, value: Any, language: Language) -> str:
    """Format a value for a person, without control characters."""
    if value is None or value == "" or value == []:
        return "-"
    if isinstance(value, bool):
        return (LABELS["yes"] if value else NO).text(language)
    if isinstance(value, Mapping):
        return ", ".join(format_value("", part, language) for part in value.values())
    if isinstance(value, list):
        return ", ".join(format_value("", part, language) for part in value)
    text = sanitize_line(str(value))
    try:
        if field in AMOUNTS:
            return formats.format_money(Decimal(text), language)
        if field in DATES:
            return formats.format_date(date.fromisoformat(text), language)
        if field == "value":
            return formats.format_number(Decimal(text), language)
    except (InvalidOperation, ValueError):
        return text  # a value in another format is shown unchanged
    if field == "document_type":
        return format_kind(text, language)
    return format_state(text, language) if field in {"status", "state"} else text
