"""The HTTP client of InvoiceXpress: requests, responses, rate limit."""
