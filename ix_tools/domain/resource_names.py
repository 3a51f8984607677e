"""Build the names of the resources that calls lock: `document/1001`, `client/501`, `series/70000`, `item/Consultoria`."""

from hashlib import sha256

ANY = "*"
"""`item/*` stands for every item."""
CLIENT, ITEM = "client", "item"
NEW_CLIENT = f"{CLIENT}/new"
ANY_ITEM = f"{ITEM}/{ANY}"
ACCOUNT = "account"
TAXES = "taxes"
DEFAULT_SERIES = "series/default"
MAX_LENGTH = 160
"""Upper limit for the length of a name. A longer one is cut and gets a fingerprint."""


def name_document(number: int) -> str:
    """Return the name of a document or receipt; ids are unique over all types."""
    return f"document/{number}"


def name_client(number: int) -> str:
    """Return the name of a client and its balance."""
    return f"{CLIENT}/{number}"


def name_new_client(name: str) -> str:
    """Return the name of a client to be created, by its code or name."""
    return _build_name(NEW_CLIENT, name)


def name_series(number: int) -> str:
    """Return the name of a series with all its document types, by its own id."""
    return f"series/{number}"


def name_item(name: str) -> str:
    """Return the name of a catalogue item, by its name, since documents refer to it by name."""
    return _build_name(ITEM, name)


def _build_name(kind: str, name: str) -> str:
    text = f"{kind}/{name}"
    if len(text) <= MAX_LENGTH and name != ANY:
        return text
    return f"{text[:120]}…{sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}"
