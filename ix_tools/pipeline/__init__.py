"""The pipeline of every call: parse, load facts, run guards, get approval, acquire claims, send, read back."""
