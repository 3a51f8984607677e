"""The MCP face: tools, resources, prompts and completions for assistants, over stdio."""
