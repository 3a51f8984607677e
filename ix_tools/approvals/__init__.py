"""Approvals of a person: what they see, what they decide, and what is kept of it."""
