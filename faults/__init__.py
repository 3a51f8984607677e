"""Fault injection: break every write at every step, in separate processes, and count the effects in the sandbox."""
