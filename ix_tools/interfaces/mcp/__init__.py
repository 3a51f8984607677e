"""The MCP interface: tools, resources, prompts and completions for assistants, over stdio and HTTP."""
