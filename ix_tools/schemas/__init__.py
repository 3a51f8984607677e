"""How operations are published: JSON Schema, tool lists, OpenAPI, prompts, search."""
