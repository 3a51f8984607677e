"""Settings: read once, frozen, and never shown with the key. `loading` reads them from the environment and one file.

docs/reference/settings.md is generated from this class.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

from ix_tools.config.folders import data_folder
from ix_tools.config.mail_settings import (
    Security,
    check_mail_address,
    check_mail_host,
    check_mail_settings,
)
from ix_tools.config.setting_checks import (
    BaseUrl,
    check_account_name,
    check_account_names,
    check_base_url,
    check_host,
    check_issuer,
    check_keys_url,
    check_network,
    check_origin,
    check_seconds,
    whole_number,
)
from ix_tools.errors import Problem, SettingsError
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.renames import Renamed

SANDBOX_ACCOUNT = "sandbox"
"""Name of the sandbox in lists of accounts."""
SANDBOX_NOTICE = "Sandbox: no real account, no fiscal value."


class AccountSettings(BaseModel):
    """A further InvoiceXpress account, under its own name: `[accounts.NAME]` in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    account: Annotated[str, AfterValidator(check_account_name)]
    """The account's name at InvoiceXpress."""
    api_key: SecretStr
    """Its API key."""
    base_url: BaseUrl = ""
    """See the setting of the same name."""
    v1_base_url: BaseUrl = ""
    """See the setting of the same name."""
    company: str = ""
    """See the setting of the same name."""
    nif: str = ""
    """See the setting of the same name."""


class Settings(BaseModel):
    """The settings. The environment variable of each is INVOICEXPRESS_ and its name in capitals; the file uses the name."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    account: Annotated[str, AfterValidator(check_account_name)] = ""
    """The account's name: the first part of https://NAME.app.invoicexpress.com."""
    api_key: SecretStr = SecretStr("")
    """The account's API key. Keep it in the environment or in a file that only you can read."""
    base_url: BaseUrl = ""
    """Base URL to use instead of https://ACCOUNT.app.invoicexpress.com, such as the vendor's staging host."""
    v1_base_url: BaseUrl = ""
    """Base URL of API version 1, which only update_sequence uses. Default: base_url, or https://ACCOUNT.invoicexpress.net."""
    company: str = ""
    """Name of the company in approvals and lists. Default: the name InvoiceXpress returns for the account, else the account's name."""
    nif: str = ""
    """The company's tax number, shown with company."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"
    """Level of the log on standard error."""
    language: Literal["pt", "en"] = "pt"
    """Language of approvals, tables and other texts for people."""
    approval_channel: Literal["auto", "form", "page", "terminal"] = "auto"
    """Where a person approves: form (in the host), page or terminal. auto uses the form, or the page when the host shortens forms."""
    approval_link: Literal["auto", "browser", "terminal", "result"] = "auto"
    """Delivery of a page's link. auto puts it into the result, which a model reads, only if the page needs a PIN or sign-in."""
    approval_wait_seconds: Annotated[int, whole_number(0, 600)] = 45
    """Seconds that a call waits for a person who was sent to the page. After that it must be repeated."""
    approval_min_seconds: Annotated[float, AfterValidator(check_seconds)] = 1
    """Seconds that a person needs at least to read and answer. A faster answer is not accepted. 0 turns the check off."""
    sign_on_this_machine: bool = False
    """Let signed approvals count without HTTPS. Only where no assistant can run commands as the server's user."""
    approval_minutes: Annotated[int, whole_number(1, 1440)] = 15
    """Minutes for which an approval is valid. A policy may set another time for some calls."""
    parked_minutes: Annotated[int, whole_number(1, 10_080)] = 4320
    """Minutes for which an approval is valid whose call is carried out when it is approved. Default: three days; at most a week."""
    when_approved: Literal["auto", "run", "repeat"] = "auto"
    """After an approval: run carries the call out by itself; repeat waits for the same call. auto: run for REST, repeat elsewhere."""
    allow_account_setup: bool = False
    """Allow create_account, update_account and setup_at_communication. A person approves each call."""
    policy: Path | None = None
    """TOML file with the policy: who may do what, and who approves it. Default: a person approves whatever cannot be undone."""
    principal: str = "local"
    """Name of the caller. An approval is valid only for the principal that requested it."""
    store: str = ""
    """SQLite file, or postgresql:// URL, for approvals, journal and audit trail. Default: ix-tools.db in the user's data folder."""
    events_days: Annotated[int, whole_number(1, 400)] = 30
    """Days for which events are stored. A reader that stays away for longer misses some, and is told so."""
    overview_minutes: Annotated[int, whole_number(0, 1440)] = 15
    """Minutes after which the HTTP server reads the figures of the inbox's overview again. 0: only `ix-tools overview refresh` does."""
    history_years: Annotated[int, whole_number(1, 100)] = 12
    """Years for which the history keeps who decided about what: the ten years of a document, which begin after its own, and one."""
    journal_days: Annotated[int, whole_number(400, 36_500)] = 400
    """Days for which results of writes are kept. A repeated key is recognised for 400 days, so that it is the least."""
    proof_years: Annotated[int, whole_number(0, 100)] = 0
    """Years for which the audit trail with its signatures is kept; at least history_years. 0: as long as the store."""
    issued_days: Annotated[int, whole_number(400, 36_500)] = 400
    """Days after its date for which the overview keeps the figures of a document of which nothing is open. It shows 13 months."""
    mail_host: Annotated[str, AfterValidator(check_mail_host)] = ""
    """SMTP server for e-mail to approvers, such as smtp.example.com. Without it, nobody is told by e-mail."""
    mail_port: Annotated[int, whole_number(1, 65_535)] = 587
    """Port of the SMTP server: 587 with starttls, usually 465 with tls."""
    mail_security: Security = "starttls"
    """Encryption to the SMTP server: starttls, tls from the start, or none on this machine. The certificate is always checked."""
    mail_user: str = ""
    """User at the SMTP server, if it asks for one."""
    mail_password: SecretStr = SecretStr("")
    """Their password. Keep it where the API key is kept."""
    mail_from: Annotated[str, AfterValidator(check_mail_address)] = ""
    """Sender, such as Invoices <invoices@example.com>."""
    mail_to: tuple[Annotated[str, AfterValidator(check_mail_address)], ...] = ()
    """Who is told, such as Ana <ana@example.com> en: name as in policy and PIN, and language. If a policy names approvers, only they."""
    mail_details: bool = False
    """Show in these e-mails all that the person approves, with client, tax number and lines. Default: kind, amount, account and time."""
    webhook_networks: tuple[Annotated[str, AfterValidator(check_network)], ...] = ()
    """Your own networks to which webhooks may be sent, also without https, such as 192.168.1.0/24. Default: public https only."""
    documents: Path | None = None
    """Folder for PDF files. Default: InvoiceXpress in the user's Documents, or documents in the data folder where there is none."""
    pdf_poll_attempts: Annotated[int, whole_number(1, 60), Renamed("pdf_patience", since="0.1")] = 10
    """Number of requests for a PDF that InvoiceXpress is still creating."""
    pdf_hosts: tuple[str, ...] = ()
    """Further hosts from which a PDF may be downloaded, without the key. PDF files on other hosts are only shown as a link."""
    timeout_seconds: Annotated[int, whole_number(1, 300)] = 30
    """Seconds to wait for a response."""
    requests_per_minute: Annotated[int, whole_number(1, 780)] = 780
    """Requests per minute that may be sent for the account by all processes that share the store. InvoiceXpress allows 780."""
    catalogue_pages: Annotated[int, whole_number(1, 100)] = 10
    """Number of pages of 100 clients that are read to find one by its name or number, and of catalogue items without remember_lookups."""
    remember_lookups: bool = True
    """Remember taxes, series and names of items in the store, clients in memory. Without it, every document costs 3 to 12 more requests."""
    strict_schemas: bool = False
    """List tools for hosts in strict mode (OpenAI): every parameter is required, and the optional ones may be null."""
    toolsets: tuple[str, ...] = ()
    """Toolsets that the MCP server lists, such as core or treasury, or all. Default: core; run_operation reaches the rest."""
    tools: tuple[str, ...] = ()
    """Single tools to list in addition to the toolsets, or alone when no toolset is named."""
    exclude: tuple[str, ...] = ()
    """Tools that are neither listed nor executed, for any caller and interface."""
    read_only: bool = False
    """Allow reading only: tools that write are neither listed nor carried out."""
    accounts: Annotated[dict[str, AccountSettings], AfterValidator(check_account_names)] = {}
    """Further accounts: [accounts.NAME] with account and api_key, or INVOICEXPRESS_ACCOUNTS__NAME__API_KEY."""
    public_url: BaseUrl = ""
    """Public URL of the HTTP server, such as https://invoices.example.com. Required to listen beyond this machine."""
    http_origins: tuple[Annotated[str, AfterValidator(check_origin)], ...] = ()
    """Other origins whose web pages may call the HTTP server, such as https://app.example.com."""
    calls_per_minute: Annotated[int, whole_number(1, 100_000)] = 600
    """Requests per minute that one caller may make to the HTTP server, over all workers that share the store."""
    slack_bot_token: SecretStr = SecretStr("")
    """Slack: the app's bot token (xoxb-…), for `ix-tools chat slack`. Keep it like api_key."""
    slack_app_token: SecretStr = SecretStr("")
    """Slack: the app-level token (xapp-…) for Socket Mode, which needs no public address."""
    slack_signing_secret: SecretStr = SecretStr("")
    """Slack: the app's signing secret, for `ix-tools chat slack --http`."""
    telegram_bot_token: SecretStr = SecretStr("")
    """Telegram: the bot's token from BotFather, for `ix-tools chat telegram`. Keep it like api_key."""
    oauth_issuer: Annotated[str, AfterValidator(check_issuer)] = ""
    """Authorization server whose access tokens the HTTP server accepts. `iss` must be exactly this URL."""
    oauth_keys_url: Annotated[str, AfterValidator(check_keys_url)] = ""
    """URL of the issuer's keys (JWKS): https, or on this machine."""
    oauth_audience: str = ""
    """Required value of `aud`. Default: public_url with /mcp."""
    oidc_issuer: Annotated[str, AfterValidator(check_issuer)] = ""
    """OpenID provider at which people sign in to the inbox, besides passkeys. `iss` must be exactly this URL."""
    oidc_client_id: str = ""
    """Client id of this server at the provider."""
    oidc_client_secret: SecretStr = SecretStr("")
    """Client secret, unless the provider knows this server as a public client. Keep it like api_key."""
    oidc_name: str = ""
    """Name of the provider on the button. Default: its host."""
    oidc_hosts: tuple[Annotated[str, AfterValidator(check_host)], ...] = ()
    """Further hosts that the provider may use, such as oauth2.googleapis.com and www.googleapis.com for Google."""
    sandbox: bool = False
    """Use the built-in sandbox instead of an account, like --sandbox. An account that is set is then ignored."""
    sandbox_file: Path | None = None
    """SQLite file for the sandbox's data, like --sandbox-file. It chooses the sandbox too."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if bool(self.oauth_issuer) != bool(self.oauth_keys_url):
            raise InvalidValue(message("oauth_issuer and oauth_keys_url are set together or not at all"))
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise InvalidValue(message("oidc_issuer and oidc_client_id are set together or not at all"))
        if self.sandbox_file is not None and not self.sandbox and "sandbox" in self.model_fields_set:
            raise InvalidValue(
                message("sandbox is false, and sandbox_file names a sandbox: leave one of them out")
            )
        if 0 < self.proof_years < self.history_years:
            raise InvalidValue(
                message("not less than history_years, so that what the history shows can be proved"),
                "proof_years",
            )
        check_mail_settings(
            self.mail_host,
            self.mail_security,
            self.mail_from,
            self.mail_to,
            self.mail_user,
            self.mail_password.get_secret_value(),
        )
        if self.account in self.accounts:
            raise InvalidValue(
                message("accounts.{account} is already the name of the account itself", account=self.account)
            )
        return self

    @property
    def main_url(self) -> str:
        """Base URL of the API."""
        return self.base_url or (f"https://{self.account}.app.invoicexpress.com" if self.account else "")

    @property
    def v1_url(self) -> str:
        """Base URL of API version 1."""
        return (
            self.v1_base_url
            or self.base_url
            or (f"https://{self.account}.invoicexpress.net" if self.account else "")
        )

    @property
    def store_location(self) -> str:
        """SQLite file or PostgreSQL URL of approvals, journal and audit trail."""
        return self.store or str(data_folder() / "ix-tools.db")

    def by_account(self) -> dict[str, "Settings"]:
        """Return the settings of each account by the name that callers of the HTTP server use. The sandbox is always alone."""
        found: dict[str, Settings] = {self.account: self} if self.account else {}
        if not self.sandbox:
            found |= {name: self._for_account(one) for name, one in self.accounts.items()}
        return found

    @property
    def has_several_accounts(self) -> bool:
        """Whether texts for people must name the account."""
        # An account may be listed under two names: its own and that of its section.
        return len({(one.account, one.main_url) for one in self.by_account().values()}) > 1

    def for_account(self, name: str | None) -> "Settings":
        """Return the settings of the account with this name; without a name, of the account itself or the only one.

        Raises: SettingsError that names the accounts.
        """
        found = self.by_account()
        if name is None and (self.account or len(found) != 1):
            return self
        chosen = next(iter(found.values())) if name is None else found.get(name)
        if chosen is not None:
            return chosen
        known = ", ".join(found)
        raise SettingsError(
            message("There is no account called '{name}'.", name=name),
            next=message("one of: {accounts}", accounts=known)
            if known
            else message("set accounts in the settings: [accounts.NAME] with account and api_key"),
        )

    def alone(self) -> "Settings":
        """Return the settings without further accounts."""
        return self.model_copy(update={"accounts": {}})

    def _for_account(self, one: AccountSettings) -> "Settings":
        own = {name: getattr(one, name) for name in AccountSettings.model_fields}
        if self.account:  # every account knows all the others
            main = {name: getattr(self, name) for name in AccountSettings.model_fields}
            own["accounts"] = {**self.accounts, self.account: AccountSettings.model_construct(**main)}
        return self.model_copy(update=own)

    def list_secrets(self) -> tuple[str, ...]:
        """List every secret of the settings and of all accounts, for whoever keeps them out of logs."""
        owners = (self, *self.accounts.values())
        values = [getattr(one, name) for one in owners for name in type(one).model_fields]
        secrets = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
        return tuple(sorted(secrets - {""}, key=len, reverse=True))

    def require_account(self) -> None:
        """Check that an account is set.

        Raises: SettingsError that names the missing settings.
        """
        # Whether there is a key is told without reading it: the system's keyring may have it.
        given = {"account": bool(self.account), "api_key": bool(self.api_key)}
        missing = [name for name, there in given.items() if not there]
        if missing and self.sandbox:
            raise SettingsError(
                message("The sandbox is chosen, so there is no account."),
                next=message(
                    "leave out --sandbox and --sandbox-file, and INVOICEXPRESS_SANDBOX and "
                    "INVOICEXPRESS_SANDBOX_FILE"
                ),
            )
        if self.accounts and not self.account:
            raise SettingsError(
                message("Several accounts are set, and none of them is named."),
                next=message(
                    "name one of the accounts with --account: {accounts}", accounts=", ".join(self.accounts)
                ),
            )
        if missing:
            raise SettingsError(
                message("No InvoiceXpress account is set."),
                problems=[
                    Problem(f"INVOICEXPRESS_{name.upper()}", message("is not set")) for name in missing
                ],
                next=message(
                    "run ix-tools connect, or set INVOICEXPRESS_ACCOUNT and INVOICEXPRESS_API_KEY "
                    "(Account > API in InvoiceXpress); --sandbox tries it without an account. In Claude Desktop, write both into "
                    "the settings of the extension, or tick the sandbox there"
                ),
            )


def remove_account(settings: Settings) -> Settings:
    """Return the settings with the sandbox chosen and every account removed."""
    nothing = {"account": "", "api_key": SecretStr(""), "base_url": "", "v1_base_url": "", "accounts": {}}
    return settings.model_copy(update={"sandbox": True, **nothing})


def point_at_sandbox(settings: Settings, url: str, key: str) -> Settings:
    """Return the settings for a sandbox on this machine."""
    return settings.model_copy(
        update={
            "account": SANDBOX_ACCOUNT,
            "api_key": SecretStr(key),
            "base_url": check_base_url(url),
            "v1_base_url": "",
            "company": "",
            "nif": "",
            "sandbox": True,
        }
    )
