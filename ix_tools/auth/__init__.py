"""Who is calling and what they may do: principals, bearer tokens, OAuth access tokens."""
