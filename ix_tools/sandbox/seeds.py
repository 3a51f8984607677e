"""Seed data of every sandbox; all of it is invented.

account   1, sandbox, key sandbox-key-0000          its user: contas@oficina-das-faturas.example, sandbox-password
taxes     31554 IVA23 (default)   31555 IVA13   31556 IVA6   31557 Isento (0 %)   31558 IVA22 (PT-MA)
series    70000 "2026", registered and default      70020 "B2026", not registered (N/D)
clients   501 ACME, Lda (ACME), Portugal            502 Beta GmbH (BETA), Germany
items     402321 Consultoria, 50.00 an hour, IVA23  402322 Formação, 100.00 a unit, Isento
documents none; the first will be 1001
"""

from __future__ import annotations

import hashlib

from ix_tools.sandbox.kinds import SEQUENCE_OFFSETS, TYPES_WITHOUT_VALIDATION_CODE
from ix_tools.sandbox.rows import Account, Client, Item, Sequence, Tax
from ix_tools.sandbox.store import Store

API_KEY = "sandbox-key-0000"
ACCOUNT = "sandbox"
ACCOUNT_ID = 1
PASSWORD = "sandbox-password"


def hash_password(password: str) -> str:
    """Return the stored hash of a password."""
    return hashlib.sha256(password.encode("utf-8", "replace")).hexdigest()


def build_issuer() -> Account:
    """Build the sandbox's account."""
    return Account(
        id=ACCOUNT_ID,
        organization_name="Oficina das Faturas, Lda",
        email="contas@oficina-das-faturas.example",
        fiscal_id="509442013",
        address="Rua do Carimbo, 12",
        postal_code="1000-001",
        city="Lisboa",
        trial=False,
        password_digest=hash_password(PASSWORD),
    )


TAXES = (
    Tax(31554, "IVA23", "23", "PT", "NOR", default_tax=True),
    Tax(31555, "IVA13", "13", "PT", "INT"),
    Tax(31556, "IVA6", "6", "PT", "RED"),
    Tax(31557, "Isento", "0", "PT", "ISE"),
    Tax(31558, "IVA22", "22", "PT-MA", "NOR"),
)
CLIENTS = (
    Client(501, "ACME, Lda", "ACME", "compras@acme.example", "pt", "Avenida da Bigorna, 7", "Porto", "4000-001",
           "Portugal", "508112230", "www.acme.example", "220000000"),
    Client(502, "Beta GmbH", "BETA", "einkauf@beta.example", "en", "Hammerweg 3", "Berlin", "10115",
           "Germany", "DE123456788", "www.beta.example", "+49 30 0000000"),
)  # fmt: skip
ITEMS = (
    Item(402321, "Consultoria", "Consultoria técnica", "50", "hour", 31554),
    Item(402322, "Formação", "Formação profissional", "100", "unit", 31557),
)
FIRST_SEQUENCE, SEQUENCE_STEP = 70000, 20
"""Step between the ids of series, which leaves an id for each document type (trap 9)."""


def build_validation_code(serie: str, key: str) -> str:
    """Build the validation code of a series and type: eight characters that are always the same."""
    # The tax authority does not use letters and digits that look alike.
    alphabet = "BCDFGHJKMNPQRTVWXYZ23456789"
    number = int.from_bytes(hashlib.sha256(f"{serie}/{key}".encode()).digest()[:8], "big")
    code = ""
    for _ in range(8):
        number, place = divmod(number, len(alphabet))
        code += alphabet[place]
    return code


def build_sequence(sequence_id: int, serie: str, default: bool, registered: bool) -> Sequence:
    """Build a series with its counters at zero."""
    codes = {
        key: "N/A"
        if key in TYPES_WITHOUT_VALIDATION_CODE
        else build_validation_code(serie, key)
        if registered
        else "N/D"
        for key in SEQUENCE_OFFSETS
    }
    return Sequence(sequence_id, serie, default, dict.fromkeys(SEQUENCE_OFFSETS, 0), codes)


def seed_store(store: Store) -> None:
    """Fill an empty store."""
    with store.transaction():
        store.wipe()
        for row in (build_issuer(), *TAXES, *CLIENTS, *ITEMS):
            store.save(row)
        store.save(build_sequence(FIRST_SEQUENCE, "2026", default=True, registered=True))
        store.save(build_sequence(FIRST_SEQUENCE + SEQUENCE_STEP, "B2026", default=False, registered=False))
        for name, rows, step in (("taxes", TAXES, 1), ("clients", CLIENTS, 1), ("items", ITEMS, 1)):
            for _ in rows:
                store.next_id(name, first=rows[0].id, step=step)
        for _ in range(2):
            store.next_id("sequences", first=FIRST_SEQUENCE, step=SEQUENCE_STEP)
