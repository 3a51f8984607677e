"""Check for `ix-tools doctor` that people can sign in at the OpenID provider of the settings."""

from collections.abc import Iterator

import anyio

from ix_tools.auth.identities import KnownIdentities
from ix_tools.auth.openid import OpenIdProvider
from ix_tools.config.extras import load_extra
from ix_tools.errors import IxError, SettingsError
from ix_tools.i18n.messages import message
from ix_tools.interfaces.cli.checks import Finding, report_ok
from ix_tools.interfaces.cli.invocation import Invocation
from ix_tools.interfaces.cli.repositories import load_same_people

CHECK = "sign_in"


def check_provider(run: Invocation) -> Iterator[Finding]:
    """Read the provider's description and keys, and report what keeps people from signing in there."""
    settings, provider = run.settings, OpenIdProvider(run.settings)
    if not provider.is_set:
        return
    try:
        with load_extra("server"):
            import authlib  # noqa: F401 - only whether it is there
        keys = anyio.run(provider.check)
    except IxError as trouble:
        yield Finding("problem", CHECK, trouble.message, trouble.next)
        return
    if not keys:
        yield Finding(
            "problem",
            CHECK,
            message("{provider} publishes no key that its tokens may be signed with", provider=provider.name),
            message("choose RS256, PS256 or ES256 for this client at the provider"),
        )
        return
    yield report_ok(
        CHECK,
        message(
            "{provider} answers; its tokens are checked with {keys} keys", provider=provider.name, keys=keys
        ),
    )
    if not any(provider.is_of_provider(one) for one, _ in _load_people(run)):
        yield Finding(
            "warning",
            CHECK,
            message(
                "nobody can sign in at {provider}: the policy's [people] names nobody there",
                provider=provider.name,
            ),
            message(
                'add people to the policy: ana = ["{identity}"]', identity=provider.build_identity("SUB")
            ),
        )
    address = settings.public_url or "http://localhost:8756"
    yield report_ok(
        CHECK,
        message("the provider must know this address: {address}", address=f"{address}/inbox/sign-in/answer"),
    )


def _load_people(run: Invocation) -> KnownIdentities:
    try:
        return load_same_people(run)
    except SettingsError:  # the check of the policy says so
        return ()
