"""Connect ix-tools with the hosts of this machine: find them, write their settings without losing any, and prove that it works."""
