"""The catalogue: every operation, one class each, in files by resource; `catalogue.py` lists them."""
