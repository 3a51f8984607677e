"""Batches: many documents from one file, judged together, approved with one control sum, issued in the order of the file."""
