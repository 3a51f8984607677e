"""What a name means: exactly one thing, or candidates; tables with near misses on both sides."""

from decimal import Decimal

import pytest

from ix_tools.domain.records import Client, Sequence, Tax
from ix_tools.operations import matching

CLIENTS = [
    Client(id=1, name="Café São João, Lda", code="CAFE", fiscal_id="508025338"),
    Client(id=2, name="Cafe Sao Joao", code="508112230", fiscal_id="508112230"),
    Client(id=3, name="Beta GmbH", code="BETA", fiscal_id="DE123456788"),
    Client(id=4, name="CAFE", code="X"),
    Client(id=5, name=None, code=None, fiscal_id=None),
]
TAXES = [
    Tax(id=1, name="IVA23", value=Decimal(23), default_tax=True),
    Tax(id=2, name="Isento", value=Decimal(0)),
    Tax(id=3, name="Não sujeito", value=Decimal(0)),
    Tax(id=4, name="6", value=Decimal(13)),
    Tax(id=5, name="IVA6", value=Decimal(6)),
    Tax(id=6, name="Twice", value=Decimal(5)),
    Tax(id=7, name="Twice", value=Decimal(4)),
]


def ids(things: tuple[Client, ...] | tuple[Tax, ...] | tuple[Sequence, ...]) -> list[int | None]:
    return [one.id for one in things]


@pytest.mark.parametrize(
    ("text", "exact", "near"),
    [
        ("Café São João, Lda", [1], []),
        ("Café  São João, Lda", [1], []),
        ("cafe sao joao", [], [2, 1]),
        ("CAFÉ SÃO JOÃO LDA", [], [1]),
        ("CAFE", [1, 4], [2]),
        ("508025338", [1], []),
        ("PT 508 025 338", [1], []),
        ("PT508025338", [1], []),
        ("508.112.230", [2], []),
        ("50802533", [], []),
        ("508025339", [], []),
        ("DE123456788", [3], []),
        ("de 123-456-788", [3], []),
        ("123456788", [], []),  # without its country it is another number
        ("João Café", [], [1, 2]),
        ("Betta GmbH", [], [3]),
        ("3", [], [3]),
        ("", [], []),
        ("\u200b", [], []),
        ("...", [], []),
    ],
)
def test_a_client_is_one_or_candidates(text: str, exact: list[int], near: list[int]) -> None:
    found = matching.match_client(text, CLIENTS, 0)
    assert ids(found.exact) == exact
    assert ids(found.similar)[: len(near)] == near
    assert (found.unique is None) is (len(exact) != 1)
    assert matching.match_client(text, CLIENTS, 1).unique is None  # not everything was looked at


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("IVA23", [1]),
        ("iva 23", [1]),
        ("23", [1]),
        ("23%", [1]),
        ("23,00 %", [1]),
        ("23.5", []),
        ("IVA", []),
        ("isento", [2]),
        ("0", [2, 3]),
        ("nao sujeito", [3]),
        ("6", [4]),  # its very name, whatever its rate
        ("6%", [4, 5]),  # a name but for punctuation, and a rate
        ("Twice", [6, 7]),
        ("", []),
        ("%", []),
        ("1e1", []),
        ("²3", []),
    ],
)
def test_a_tax_on_a_line_means_one_or_is_not_sure(text: str, meant: list[int]) -> None:
    found = matching.match_line_tax(text, TAXES)
    assert ids(found.exact) == meant
    assert (found.unique is None) is (len(meant) != 1)


def test_candidates_are_few_safe_to_show_and_say_how_many_there_are() -> None:
    many = [Client(id=at, name=f"Ana {at}\n<b>\u202e", code=str(at)) for at in range(1, 30)]
    finding = matching.refuse_ambiguous(
        "client", "client", "ana", matching.match_client("ana", many, 7), "client_id"
    )
    assert len(finding.candidates) == matching.MAX_CANDIDATES
    assert "and 19 more" in str(finding.problem.allowed)
    assert "7 clients not read" in str(finding.problem.problem)
    assert not {"\n", "\u202e"} & set(str(finding.problem.allowed))
