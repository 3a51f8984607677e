"""Authentication of callers: principals with scopes, bearer tokens, OAuth access tokens; people, their passkeys and sessions."""
