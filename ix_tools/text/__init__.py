"""Text from outside: made safe to show, and compared with known names."""
