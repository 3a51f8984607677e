"""Untrusted text: sanitizing it, and matching it with known names."""
