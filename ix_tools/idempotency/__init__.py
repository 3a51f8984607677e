"""Idempotency of writes: the journal of intents, leases and claims."""
