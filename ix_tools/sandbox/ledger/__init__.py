"""Business logic of the sandbox: documents, totals, series, clients, items, taxes and payments."""
