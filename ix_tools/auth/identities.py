"""Identities of people: which person a system user, a name on the page or a requester stands for."""

from unicodedata import normalize

IDENTITY_KINDS = frozenset({"terminal", "page", "principal"})
"""The prefixes of identities: the system's user, the name on the page, the requester."""
KnownIdentities = tuple[tuple[str, str], ...]
"""Pairs of identity and person: `terminal:asilva` is Ana, and so is `page:ana@acme.example`."""


def find_people(identity: str, same: KnownIdentities) -> frozenset[str]:
    """Return the people who may have an identity such as `terminal:ana`.

    The same name in two places is the same person. If [people] lists a name for another place only, it means that person:
    `page:ana-laptop` is Ana if `principal:ana-laptop` is. Without a place, `ana` is the person of that name.
    """
    wanted = _normalize_name(identity)
    exactly = {_normalize_name(who) for one, who in same if _normalize_name(one) == wanted}
    place, _, bare = wanted.partition(":")
    if exactly or not bare:
        return frozenset(exactly or {wanted})
    if place not in IDENTITY_KINDS:
        return frozenset({wanted})
    return frozenset(
        {_normalize_name(who) for one, who in same if _normalize_name(one.partition(":")[2]) == bare}
        or {bare}
    )


def is_same_person(one: str, other: str, same: KnownIdentities) -> bool:
    """Check that two identities certainly belong to one person."""
    first, second = find_people(one, same), find_people(other, same)
    return first == second and len(first) == 1


def _normalize_name(text: str) -> str:
    # The same name may be typed in different Unicode forms.
    return normalize("NFKC", text.strip()).casefold()
