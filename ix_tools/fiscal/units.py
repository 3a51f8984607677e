"""Units that InvoiceXpress accepts on a line."""

UNITS = ("hour", "day", "month", "unit", "service", "other")
