"""Compare what InvoiceXpress stored with what was asked for."""
