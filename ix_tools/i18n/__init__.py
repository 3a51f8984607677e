"""Texts, amounts and dates for people, in Portuguese and English."""
