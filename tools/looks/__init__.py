"""The pages as people see them: every page in both languages, light and dark, on a phone and a desk, read by axe-core."""
