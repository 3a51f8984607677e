"""Refusals of the sandbox: a table of messages in both languages, and the error format of each endpoint.

Refused              the ledger's exception: phrases, a status, sometimes a field or a code
  └─ body(shape)     LISTED   {"errors": [{"error": "..."}]}     documents, items, treasury
                     SINGLE   {"errors": {"error": "..."}}       401, documents not found, accounts
                     PLAIN    {"errors": ["..."]}                clients
                     PAIRS    ["field", "...", "field", "..."]   payments, account updates
                     FIELDS   {"field": ["..."]}                 taxes
                     CODED    {"code": "006", "message": "..."}  sequences
                     ERROR    {"error": "..."}                   QR codes
                     MESSAGE  {"message": "..."}                 SAF-T
                     XML      <errors><error>...</error></errors>   v1
                     EMPTY    nothing at all
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum, auto
from xml.sax.saxutils import escape


class Shape(Enum):
    """Formats of error bodies, one per family of endpoints."""

    LISTED = auto()
    SINGLE = auto()
    PLAIN = auto()
    PAIRS = auto()
    FIELDS = auto()
    CODED = auto()
    WRAPPED = auto()
    ERROR = auto()
    MESSAGE = auto()
    REASON = auto()
    XML = auto()
    EMPTY = auto()


PHRASES: dict[str, tuple[str, str]] = {
    # Both languages are given only where the service was seen to answer in both. The others are the same in every
    # language, since no program should match on the text.
    "api_key": ("Invalid API key", "Invalid API key"),
    "content_type": ("No content type or wrongly specified", "No content type or wrongly specified"),
    "bad_json": ("The request body is not valid JSON", "The request body is not valid JSON"),
    "document_not_found": ("Document not found", "Document not found"),
    "element_missing": ("Elemento {0} não fornecido", "Elemento {0} não fornecido"),
    "no_integers": ("undefined method `match' for {0}:Integer", "undefined method `match' for {0}:Integer"),
    # documents: the body
    "items_not_array": ("Items element should be of type array", "Items element should be of type array"),
    "items_invalid": ("Invoice items is invalid", "Invoice items is invalid"),
    "item_key_unknown": ("Item attribute {0} is not allowed", "O atributo {0} do item não é permitido"),
    "unit_price": ("Unit price must be a number", "Unit price must be a number"),
    "unit_price_low": (
        "Unit price must be greater than or equal to 0",
        "Unit price must be greater than or equal to 0",
    ),
    "quantity": ("Quantity must be a number greater than 0", "Quantity must be a number greater than 0"),
    "discount": ("Discount is not a number", "Discount is not a number"),
    "discount_range": ("Discount must be between 0 and 100", "Discount must be between 0 and 100"),
    "unit": (
        "Unit {0} is not included in the list of accepted units",
        "Unit {0} is not included in the list of accepted units",
    ),
    "retention": (
        "Retention must be a number between 0 and 99.99",
        "Retention must be a number between 0 and 99.99",
    ),
    "due_date": (
        "Due date must be later than date",
        "Vencimento deve ser igual ou posterior à data do documento",
    ),
    "exemption_missing": (
        "Razão de isenção deve ter uma opção selecionada",
        "Razão de isenção deve ter uma opção selecionada",
    ),
    "exemption_unknown": (
        "Tax exemption {0} is not included in the list",
        "Razão de isenção {0} não está incluída na lista",
    ),
    "sequence_of_other_type": (
        "A série não corresponde ao tipo de documento",
        "A série não corresponde ao tipo de documento",
    ),
    "mb_provider": (
        "Option to generate MB reference is set but no payment provider is configurated",
        "Option to generate MB reference is set but no payment provider is configurated",
    ),
    "multicurrency_off": (
        "Multicurrency is not available in your plan",
        "Multi-moeda não está disponível no seu plano",
    ),
    "currency_unknown": ("Currency {0} was not found", "Currency {0} was not found"),
    "rate": ("Rate must be a number greater than 0", "Rate must be a number greater than 0"),
    "owner_missing": ("Owner document was not found", "O documento de origem não foi encontrado"),
    "owner_in_draft": ("Owner document must not be in draft", "Owner document must not be in draft"),
    "loaded_at_past": (
        "Loaded at must be greater than or equal to the current date and time",
        "A data de carga deve ser igual ou posterior à data atual",
    ),
    "loaded_at_missing": ("Loaded at can't be blank", "A data de carga não pode ficar em branco"),
    # documents: the state machine
    "settled_no_change": (
        "Invoice has been settled so can't be changed anymore",
        "O documento já contém pagamentos, não pode ser alterado.",
    ),
    "finalized_no_change": (
        "Invoice has been finalized so can't be changed anymore",
        "O documento já foi finalizado, não pode ser alterado.",
    ),
    "invalid_state": ("Invalid state", "Invalid state"),
    "cannot_handle": ("CantHandle: {0} for {1}", "CantHandle: {0} for {1}"),
    "cancel_message": ("Cancel message can't be blank", "Cancel message can't be blank"),
    "has_receipts": (
        "Document has receipts; cancel them first",
        "O documento tem recibos associados; anule-os primeiro",
    ),
    "has_credit_notes": (
        "Document has credit notes; cancel them first",
        "O documento tem notas de crédito associadas; anule-as primeiro",
    ),
    "series_unregistered": (
        "Sequence {0} is not registered with the Tax Authority",
        "A série {0} não está registada na Autoridade Tributária",
    ),
    "date_before_last": (
        "Date cannot be earlier than the last {0} of this sequence[{1}]",
        "A data não pode ser anterior à do último documento desta série[{1}]",
    ),
    "over_owner_total": (
        "O total não pode ser superior ao total dos documentos relacionados",
        "O total não pode ser superior ao total dos documentos relacionados",
    ),
    # clients and mail
    "country_not_found": ("Country {0} was not found", "Country {0} was not found"),
    "client_invalid": ("Client is invalid", "Cliente não é válido"),
    "fiscal_invalid": ("Fiscal is invalid", "Fiscal não é válido"),
    "fiscal_id_invalid": ("Fiscal is invalid", "Contribuinte não é válido"),
    "email_invalid": ("Email must be an email address", "Email must be an email address"),
    "email_plan": (
        "Sending e-mail is not available in your plan",
        "O envio de e-mail não está disponível no seu plano",
    ),
    "email_required": ("Email is a required field", "Email is a required field"),
    "preferred_email": (
        "Preferred contact: email must be an email",
        "Preferred contact: email must be an email",
    ),
    "send_options": ("Send options must be within 1 and 3", "Send options must be within 1 and 3"),
    "name_blank": ("Name can't be blank", "Nome não pode ficar em branco"),
    "name_long": ("Name is too long", "Nome é demasiado longo"),
    "name_taken": ("Name has already been taken", "Nome não está disponível"),
    "code_blank": ("Code can't be blank", "Código não pode ficar em branco"),
    "code_taken": ("Code has already been taken", "Código não está disponível"),
    "language": ("Language is not included in the list", "Language is not included in the list"),
    "client_has_documents": (
        "Client has documents and can't be deleted",
        "O cliente tem documentos, não pode ser apagado",
    ),
    # items and taxes
    "item_name_taken": ("Name is not available.", "Nome não está disponível"),
    "item_name_used": (
        "Name can't be changed because it is already associated with invoices",
        "Name can't be changed because it is already associated with invoices",
    ),
    "item_name_required": ("Name is a required field", "Name is a required field"),
    "price_required": ("Price is a required field", "Price is a required field"),
    "price_not_valid": (
        "Price is not valid. Check the decimal mark and if you are inserting only numbers.",
        "Price is not valid. Check the decimal mark and if you are inserting only numbers.",
    ),
    "not_available": ("is not available.", "não está disponível"),
    "blank": ("can't be blank", "não pode ficar em branco"),
    "not_number": ("is not a number", "não é um número"),
    "is_invalid": ("is invalid", "não é válido"),
    "tax_region": ("Tax region is empty", "Tax region is empty"),
    "tax_used": ("Tax is the default tax", "Tax is the default tax"),
    # payments
    "over_due": (
        "must be less than or equal to the amount due",
        "deve ser igual ou inferior ao valor em dívida",
    ),
    "not_payable": (
        "Document can't be paid in its current state",
        "O documento não pode ser pago no estado atual",
    ),
    # v1 sequences
    "serie_blank": ("Serie can't be blank", "Serie can't be blank"),
    "serie_taken": ("Serie has already been taken", "Serie has already been taken"),
    "current_not_number": ("Current number is not a number", "Current number is not a number"),
    "current_low": (
        "Current number must be greater than or equal to 0",
        "Current number must be greater than or equal to 0",
    ),
    "counter_not_number": ("{0}: is not a number", "{0}: is not a number"),
    "counter_low": ("{0}: must be greater than or equal to 0", "{0}: must be greater than or equal to 0"),
    "sequence_has_documents": (
        "Only sequences with no finalized invoices can be updated",
        "Only sequences with no finalized invoices can be updated",
    ),
    "bad_xml": ("The request body is not valid XML", "The request body is not valid XML"),
    # papers
    "qr_not_found": (
        "No document with ID {0} was found in this account",
        "No document with ID {0} was found in this account",
    ),
    "qr_draft": (
        "Document with ID {0} is still in draft. "
        "QR Codes are only available for final, canceled or settled documents.",
        "Document with ID {0} is still in draft. "
        "QR Codes are only available for final, canceled or settled documents.",
    ),
    "saft_missing": ("The parameters month and year are required", "Os parâmetros month e year são obrigatórios"),
    "saft_period": ("The selected period is invalid", "O período selecionado é inválido"),
    "saft_future": ("The selected period is in the future", "O período selecionado ainda não começou"),
    "saft_nothing": (
        "There aren't any documents to export on the selected period.",
        "Não existem documentos para exportar no período selecionado.",
    ),
    "saft_started": (
        "The SAF-T file generation was started. Please keep requesting until you get back the url.",
        "A geração do ficheiro SAF-T foi iniciada. Repita o pedido até receber o url.",
    ),
    "saft_trial": (
        "SAF-T export is not available during the trial",
        "A exportação do SAF-T não está disponível durante o período experimental",
    ),
    # accounts
    "organization_blank": ("Organization name can't be blank", "Nome da organização não pode ficar em branco"),
    "password_blank": ("Password can't be blank", "Palavra-passe não pode ficar em branco"),
    "terms": ("Terms and Conditions must be accepted", "Terms and Conditions must be accepted"),
    "terms_should": ("Terms and Conditions should be accepted", "Terms and Conditions should be accepted"),
    "must_accept": ("must be accepted", "deve ser aceite"),
    "owner_invalid": ("Owner Owner is invalid", "Owner Owner is invalid"),
    "vat_invalid": ("Vat Number is invalid", "Contribuinte não é válido"),
    "vat_taken": (
        "Vat Number is already used in another account",
        "Vat Number is already used in another account",
    ),
    "is_taken": ("has already been taken", "não está disponível"),
    "cannot_change": ("can't be changed", "não pode ser alterado"),
    "not_included": ("{0} is not included in the list", "{0} não está incluído na lista"),
    "postal_format": ("must have the following format DDDD-DDD", "deve ter o formato DDDD-DDD"),
    "field_size": ("The field {0} has an incorrect size", "The field {0} has an incorrect size"),
    "field_invalid": ("The field {0} is invalid", "The field {0} is invalid"),
    "at_trial": (
        "Communication with the Tax Authority is not available during the trial",
        "A comunicação com a Autoridade Tributária não está disponível durante o período experimental",
    ),
    # treasury
    "client_not_found": ("Client not found", "Client not found"),
    "regularization_not_found": ("Regularization not found", "Regularization not found"),
    "movement_not_found": ("Treasury movement not found", "Treasury movement not found"),
    "date_blank": ("Date can't be blank", "Date can't be blank"),
    "value_not_number": ("Value is not a number", "Value is not a number"),
    "value_low": ("Value must be greater than 0", "Value must be greater than 0"),
    "over_balance": (
        "The regularization amount must be less than or equal to the remaining balance",
        "The regularization amount must be less than or equal to the remaining balance",
    ),
    "validation": ("Validation failed: {0}", "Validation failed: {0}"),
    "uid_ongoing": (
        "There's an ongoing document creation with the provided UID {0}",
        "There's an ongoing document creation with the provided UID {0}",
    ),
}  # fmt: skip

REGISTER_CODES = {
    "000": "Unknown error.",
    "001": "Sequence name not allowed.",
    "002": "Invalid Tax Authority credentials.",
    "003": "Account fiscal ID doesn't have open activity in Tax Authority.",
    "004": "Account is not portuguese.",
    "005": "All sequences are registered.",
    "006": "The sequence doesn't exist.",
    "007": "All Sequences are registered in AT.",
    "008": "The sequence is already being registered.",
}
CREATE_CODES = {
    "000": "Unknown error.",
    "001": "Sequence name not allowed.",
    "002": "Sequence already exists.",
    "003": "Invalid sequence.",
    "004": "Invalid Tax Authority credentials.",
    "005": "Account fiscal ID doesn't have open activity in Tax Authority.",
    "006": "The sequence is already being registered.",
}
"""A code has different meanings when a series is registered and when it is created."""

Phrase = str | tuple[str, ...]


class Refused(Exception):
    """A refusal by the ledger. Phrases are keys of PHRASES, with their arguments if they have any."""

    def __init__(self, *phrases: Phrase, status: int = 422, field: str = "base") -> None:
        super().__init__(*phrases)
        self.phrases = phrases
        self.status = status
        self.fields = [field] * max(1, len(phrases))
        self.code = ""
        self.message = ""

    def get_texts(self, language: str) -> list[str]:
        """Return its messages in a language."""
        return (
            [self.message] if self.message else [format_phrase(phrase, language) for phrase in self.phrases]
        )


class RefusedByField(Refused):
    """A refusal with a field for each phrase."""

    def __init__(self, *wrong: tuple[str, Phrase]) -> None:
        super().__init__(*(phrase for _, phrase in wrong))
        self.fields = [field for field, _ in wrong]


class RefusedByCode(Refused):
    """A refusal about a series: a code and its message in this operation."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status=status)
        self.code, self.message = code, message


class Missing(Exception):
    """A row does not exist: 404 with the body of the endpoint."""

    def __init__(self, phrase: Phrase = "document_not_found") -> None:
        super().__init__(phrase)
        self.phrase = phrase


def format_phrase(phrase: Phrase, language: str) -> str:
    """Format a phrase in a language."""
    key, *arguments = (phrase,) if isinstance(phrase, str) else phrase
    english, portuguese = PHRASES[key]
    return (portuguese if language == "pt" else english).format(*arguments)


def build_body(shape: Shape, texts: list[str], fields: Sequence[str] = ("base",), code: str = "") -> bytes:
    """Build the body of a refusal; `fields` names the field of each text."""
    first = texts[0] if texts else ""
    shapes: dict[Shape, object] = {
        Shape.LISTED: {"errors": [{"error": text} for text in texts]},
        Shape.SINGLE: {"errors": {"error": first}},
        Shape.PLAIN: {"errors": texts},
        Shape.PAIRS: [word for pair in zip(fields, texts, strict=False) for word in pair],
        Shape.FIELDS: {
            field: [text for other, text in zip(fields, texts, strict=False) if other == field]
            for field in fields
        },
        Shape.CODED: {"code": code, "message": first},
        Shape.WRAPPED: {"errors": {"code": code, "message": first}},
        Shape.ERROR: {"error": first},
        Shape.MESSAGE: {"message": first},
        Shape.REASON: {"reason": first},
    }
    if shape is Shape.EMPTY:
        return b""
    if shape is Shape.XML:
        errors = "".join(f"\n  <error>{escape(text)}</error>" for text in texts)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<errors>{errors}\n</errors>\n'.encode()
    return json.dumps(shapes[shape], ensure_ascii=False).encode()
