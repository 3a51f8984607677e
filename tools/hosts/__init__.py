"""Run real hosts and MCP clients against `ix-tools serve --sandbox`, with a scripted model on this machine."""
