"""A caller with several accounts is told which there are, and named only where the name says something."""

import pytest

from ix_tools.auth.principals import ALL_SCOPES, Principal
from ix_tools.errors import NotPermitted
from ix_tools.i18n.messages import render


@pytest.mark.parametrize(
    ("credential", "holder", "in_portuguese"),
    [
        ("", "This server", "Este servidor"),
        ("open", "This server", "Este servidor"),
        ("token:K7", "ana", "ana"),
        ("chat:slack:T1.U1", "ana", "ana"),
    ],
)
def test_a_caller_is_named_only_where_somebody_knows_the_name(
    credential: str, holder: str, in_portuguese: str
) -> None:
    caller = Principal("ana", ALL_SCOPES, ("padaria", "cafe"), credential)
    with pytest.raises(NotPermitted) as needed:
        caller.choose_account(None)
    assert needed.value.code == "account_needed"
    assert str(needed.value.message).startswith(f"{holder} has 2 accounts: padaria, cafe.")
    assert render(needed.value.message, "pt").startswith(f"{in_portuguese} tem 2 contas: padaria, cafe.")
    with pytest.raises(NotPermitted) as unknown:
        caller.choose_account("outra")
    assert str(unknown.value.message) == f"{holder} has no account 'outra'."


def test_a_server_without_accounts_says_so() -> None:
    with pytest.raises(NotPermitted) as refused:
        Principal("local").choose_account(None)
    assert str(refused.value.message) == "This server has no account."
    with pytest.raises(NotPermitted) as refused:
        Principal("ana", credential="token:K7").choose_account(None)
    assert str(refused.value.message) == "ana has no account on this server."
