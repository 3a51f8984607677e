"""Model-based test of the approval gate: random scenarios, and an observer that knows what may be sent."""
