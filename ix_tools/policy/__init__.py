"""Who may do what, up to what amount, and with whose approval: a file of the owner's, read strictly."""
