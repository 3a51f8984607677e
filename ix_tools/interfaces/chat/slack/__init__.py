"""Slack: slash commands, direct messages, buttons, forms and files, over Socket Mode or signed HTTP requests. It knows no operation."""
