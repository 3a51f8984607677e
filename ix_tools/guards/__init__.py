"""Rules on calls: pure functions, named after the condition they enforce, that refuse, ask or warn."""
