"""Approvals: preview, request, decision by a person, single use and retention."""
