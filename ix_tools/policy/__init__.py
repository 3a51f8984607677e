"""The owner's policy: who may do what, up to which amount, and with whose approval."""
