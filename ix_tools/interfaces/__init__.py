"""Adapters between callers (MCP, CLI, REST, web pages, library) and the pipeline; none of them knows an operation by name."""
