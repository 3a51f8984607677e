"""Settings: what the user decided, where each value came from, and how this installation is started."""
