"""The audit log: append-only, every row sealed with the hash of the one before."""
