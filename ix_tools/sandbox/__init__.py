"""InvoiceXpress in a box: a local HTTP server that answers, refuses and surprises as the real API does."""
