"""What the box knows and how it changes: documents, money, series, clients, items, taxes and payments."""
