"""The SAF-T (PT) file of a month."""
