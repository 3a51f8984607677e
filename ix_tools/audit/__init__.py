"""The append-only audit trail, a hash chain."""
