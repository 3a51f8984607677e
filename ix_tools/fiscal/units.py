"""The units InvoiceXpress accepts on a line; any other, for example "kg", is refused."""

UNITS = ("hour", "day", "month", "unit", "service", "other")
