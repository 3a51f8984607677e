"""Thin adapters over one catalogue and one road; none knows an operation by name, none knows another."""
