"""The words that an operation's spec takes: the scope that a call needs, and the heading that it stands under in help."""

from enum import StrEnum


class Scope(StrEnum):
    """What a caller may do. Each stands alone: who issues but never reads has `issue` and not `read`."""

    READ = "read"
    """Look at documents, clients, series, taxes; fetch PDFs."""
    DRAFT = "draft"
    """Create and change drafts, clients and items."""
    ISSUE = "issue"
    """Ask for documents to be finalized, settled, cancelled or deleted, and for clients and items to be deleted; a person approves."""
    EMAIL = "email"
    """Ask for documents to be sent by e-mail; a person approves."""
    PAY = "pay"
    """Ask for payments and a client's balance to be booked; a person approves."""
    ADMIN = "admin"
    """Taxes, series, the account itself and its tie to the tax authority."""


class Heading(StrEnum):
    """The headings of the help, in their order."""

    DOCUMENTS = "Documents"
    WORKFLOWS = "In one go"
    PAYMENTS = "Payments"
    GUIDES = "Guides"
    SERIES = "Series"
    CLIENTS = "Clients and taxes"
    TREASURY = "Treasury"
    ACCOUNTS = "Accounts"
    BY_NAME = "By name"
