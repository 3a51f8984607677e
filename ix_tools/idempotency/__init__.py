"""Exactly-once writes: the journal of intents, leases and claims."""
