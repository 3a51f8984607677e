"""How claims name what is claimed: `document/1001`, `client/501`, `series/70000`, `item/Consultoria`."""

from hashlib import sha256

ANY = "*"
"""`item/*` stands for every item."""
NEW_CLIENT, ITEM = "client/new", "item"
ANY_ITEM = f"{ITEM}/{ANY}"
ACCOUNT = "account"
TAXES = "taxes"
DEFAULT_SERIES = "series/default"
MAX_LENGTH = 160
"""Characters of a name that is shown whole; a longer one is cut, and told apart by its fingerprint."""


def name_document(number: int) -> str:
    """A document or receipt; ids are one count over all kinds."""
    return f"document/{number}"


def name_client(number: int) -> str:
    """A client, with what it owes."""
    return f"client/{number}"


def name_new_client(name: str) -> str:
    """A client that is not there yet, by its code or name."""
    return _build_name(NEW_CLIENT, name)


def name_series(number: int) -> str:
    """A series with all its document types, by the id of its row."""
    return f"series/{number}"


def name_item(name: str) -> str:
    """A catalogue item; documents name it, so its name is what counts."""
    return _build_name(ITEM, name)


def _build_name(kind: str, name: str) -> str:
    text = f"{kind}/{name}"
    if len(text) <= MAX_LENGTH and name != ANY:
        return text
    return f"{text[:120]}…{sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}"
