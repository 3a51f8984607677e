"""Recipes: whole errands made of other operations, each call along the road with its own rules and gate."""
