"""Options of the sandbox: one field per behaviour on which accounts or sources differ."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

WORDS = {
    "language": ("en", "pt"),
    "exemption_level": ("any", "line"),
    "uid_after_cancel": ("old", "new"),
    "sequence_errors": ("bare", "wrapped"),
    "per_page": (10, 20, 30),
    "saft_key": ("url", "Url"),
}


@dataclass
class Options:
    """The options that `set_option` changes, with their defaults."""

    language: str = "en"
    """en or pt: the language of the messages that have both forms."""
    per_page: int = 10
    """Rows on a page when nothing is asked, as the account's settings say: 10, 20 or 30."""
    rate_limit: int = 780
    """Requests a minute before 429."""
    pdf_polls: int = 1
    """How many 202 answers come before a PDF, per document and copy."""
    qr_polls: int = 1
    """How many 202 answers come before a QR code."""
    saft_polls: int = 1
    """How many 202 answers come before a SAF-T file, per month."""
    saft_key: str = "url"
    """Where the address of a SAF-T file is: url, or Url as the current documentation writes it."""
    trial: bool = False
    """Whether the account is in its free trial: no SAF-T then."""
    at_credentials: bool = True
    """Whether the tax authority's credentials were stored before the sandbox was created; without any, no registration."""
    at_code_delay: int = 60
    """Seconds from finalizing a guide to its `at_doc_code_id`."""
    mb_references: bool = False
    """Whether the account has a Multibanco provider (trap 20)."""
    multicurrency: bool = True
    """Whether the plan prints a second currency (trap 21)."""
    find_by_name_500: bool = False
    """Answer 500 rather than 404 when find-by-name finds nobody (reading 14)."""
    client_fiscal_id: bool = False
    """Show `client.fiscal_id` inside documents, as some accounts do."""
    null_taxes: bool = False
    """Read lines back with a tax of which only the id is known (trap 30)."""
    list_total_drift: str = "0"
    """Added to `total` in lists only: lists have been seen to disagree with the document."""
    exemption_level: str = "any"
    """any, or line: only the exemption code of a line counts, as one client found (trap 6b)."""
    refuse_own_nif: bool = False
    """Refuse the issuer's own NIF as a client (trap 22b, one client's claim)."""
    email_plan: bool = True
    """Whether the plan sends e-mail (trap 29)."""
    empty_update_answer: bool = False
    """Answer updates and state changes with nothing, as the older documentation says (reading 3)."""
    uid_after_cancel: str = "old"
    """old: a uid keeps answering its cancelled or deleted document; new: it makes another one (reading 16)."""
    registration_required: bool = True
    """Refuse to finalize in a series without a validation code (trap 12)."""
    register_on_create: bool = True
    """A new series is communicated to the tax authority as it is created."""
    register_refusal: str = ""
    """A code (001 to 007) with which every registration is refused."""
    create_refusal: str = ""
    """A code (001 to 005) with which every creation of a series is refused."""
    register_busy: bool = False
    """Registrations answer 409: already being registered."""
    sequence_errors: str = "bare"
    """bare {code, message}, or wrapped {errors: {code, message}} (reading 10)."""

    def set(self, name: str, value: Any) -> None:
        """Set an option.

        Raises: an error for an unknown name or wrong type, so that no test passes with a misspelt option.
        """
        known = {field.name: type(field.default) for field in fields(self)}
        if name not in known:
            raise ValueError(f"no such option: {name} (there are {', '.join(sorted(known))})")
        if type(value) is not known[name]:
            raise ValueError(f"option {name} takes {known[name].__name__}, not {value!r}")
        if name in WORDS and value not in WORDS[name]:
            raise ValueError(f"option {name} is one of {', '.join(map(str, WORDS[name]))}, not {value!r}")
        setattr(self, name, value)
