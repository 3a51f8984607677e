"""A sandbox of InvoiceXpress: a local HTTP server with the behaviour, refusals and quirks of the real API."""
