"""Portuguese invoices through InvoiceXpress, for AI assistants, no-code flows and chat commands."""

__version__ = "0.1.0"
