"""Operations that the settings allow, checked for every interface."""

from ix_tools.config.settings import Settings
from ix_tools.errors import Problem, SettingsError
from ix_tools.i18n.messages import message, verbatim
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect, Spec


def require_enabled(spec: Spec, settings: Settings) -> None:
    """Raise SettingsError if the settings do not allow the operation."""
    refusal = get_disabled_reason(spec, settings)
    if refusal is None and spec.effect is Effect.ADMIN and not settings.allow_account_setup:
        refusal = SettingsError(
            message(
                "{name} is off: creating and setting up accounts needs the setting allow_account_setup.",
                name=spec.name,
            ),
            code="account_setup_off",
            next=message("the operator of this server can set INVOICEXPRESS_ALLOW_ACCOUNT_SETUP=true"),
        )
    if refusal is not None:
        raise refusal


def get_disabled_reason(spec: Spec, settings: Settings) -> SettingsError | None:
    """Return the reason for not listing an operation, or None: it is excluded, or writes under read_only."""
    if unknown := [name for name in settings.exclude if name not in catalogue()]:
        # A misspelt name would leave enabled what somebody meant to exclude.
        return SettingsError(
            message("The setting exclude names tools that do not exist."),
            problems=[
                Problem(
                    "exclude", message("there is no tool {name}", name=name), verbatim(", ".join(catalogue()))
                )
                for name in unknown
            ],
            next=message(
                "the operator of this server corrects INVOICEXPRESS_EXCLUDE, exclude in the file, or "
                "--exclude"
            ),
        )
    if not set(catalogue().list_names(spec.name)).isdisjoint(settings.exclude):
        return SettingsError(
            message("{name} is excluded by the setting exclude.", name=spec.name),
            code="operation_excluded",
            next=message("do without it; the operator of this server can remove it from the setting exclude"),
        )
    if settings.read_only and spec.effect.writes:
        return SettingsError(
            message("{name} writes, and the setting read_only allows only reading.", name=spec.name),
            code="read_only",
            next=message("do without it; the operator of this server can turn off the setting read_only"),
        )
    return None
