"""The pipeline that carries every call: parse, look up, guard, approve, claim, send, read back."""
