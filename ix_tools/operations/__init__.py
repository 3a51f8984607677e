"""Catalogue of operations: one class each, in modules by resource; registry.py lists them."""
