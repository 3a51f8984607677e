"""Scopes that callers need, and headings that the help groups operations under."""

from enum import StrEnum


class Scope(StrEnum):
    """Permission of a caller. Scopes do not include each other: `issue` does not imply `read`."""

    READ = "read"
    """Read documents, clients, series and taxes; fetch PDFs."""
    DRAFT = "draft"
    """Create and change drafts, clients and items."""
    ISSUE = "issue"
    """Request that documents be finalized, settled, cancelled or deleted, or clients and items deleted; a person approves."""
    EMAIL = "email"
    """Request that documents be sent by e-mail; a person approves."""
    PAY = "pay"
    """Request that payments and balance entries be booked; a person approves."""
    WEBHOOKS = "webhooks"
    """Register addresses to which events are sent."""
    ADMIN = "admin"
    """Change taxes, series, the account and its connection to the tax authority."""


class Heading(StrEnum):
    """Heading of the help, in the order shown."""

    DOCUMENTS = "Documents"
    WORKFLOWS = "In one go"
    PAYMENTS = "Payments"
    GUIDES = "Guides"
    SERIES = "Series and numbers"
    CLIENTS = "Clients and taxes"
    TREASURY = "Treasury"
    ACCOUNTS = "Accounts"
    BY_NAME = "By name"
