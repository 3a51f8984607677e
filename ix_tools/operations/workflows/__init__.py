"""Workflows: operations made of other operations, each call with its own rules and approval."""
