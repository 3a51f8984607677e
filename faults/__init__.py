"""Break every write at every step, in fresh processes against a real sandbox, and count what really happened."""
