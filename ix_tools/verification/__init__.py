"""Comparison of stored documents with the call that wrote them."""
