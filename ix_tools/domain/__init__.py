"""The types, records and arithmetic of documents; pure, without input or output."""
