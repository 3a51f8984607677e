"""What is offered: which operations the settings let be called, asked for on whatever face and in whatever way."""

from ix_tools.config.settings import Settings
from ix_tools.errors import Problem, SettingsError
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect, Spec


def require_enabled(spec: Spec, settings: Settings) -> None:
    """Refuse what the settings leave off."""
    refusal = get_disabled_reason(spec, settings)
    if refusal is None and spec.effect is Effect.ADMIN and not settings.allow_account_setup:
        refusal = SettingsError(
            f"{spec.name} is off: creating and setting up accounts needs the setting allow_account_setup.",
            code="account_setup_off",
            next="whoever runs this server sets INVOICEXPRESS_ALLOW_ACCOUNT_SETUP=true if it is meant",
        )
    if refusal is not None:
        raise refusal


def get_disabled_reason(spec: Spec, settings: Settings) -> SettingsError | None:
    """Why an operation is not even shown, if it is not: it is excluded, or it writes where only reading is allowed."""
    if unknown := [name for name in settings.exclude if name not in catalogue()]:
        # A misspelt name would leave open what somebody meant to close.
        return SettingsError(
            "The setting exclude names tools that do not exist.",
            problems=[
                Problem("exclude", f"there is no tool {name}", ", ".join(catalogue())) for name in unknown
            ],
            next="whoever runs this server corrects INVOICEXPRESS_EXCLUDE, exclude in the file, or --exclude",
        )
    if spec.name in settings.exclude:
        return SettingsError(
            f"{spec.name} is excluded here.",
            code="operation_excluded",
            next="do without it; whoever runs this server takes it out of the setting exclude if it is meant",
        )
    if settings.read_only and spec.effect.writes:
        return SettingsError(
            f"{spec.name} writes, and only reading is allowed here.",
            code="read_only",
            next="do without it; whoever runs this server takes back the setting read_only if it is meant",
        )
    return None
