"""Settings, the choice of the sandbox, and the command that starts this installation."""
