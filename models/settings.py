"""What can be set, each by an environment variable `PERDURA_<NAME>`. How Temporal is reached is set by its own `TEMPORAL_…` variables."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.safekeeping.keyring import Keyring
from models.safekeeping.rotating_secret import RotatingSecret

PREFIX = "PERDURA_"
# How many characters each value of a secret must have that may be written as several, joined by commas.
_SHORTEST = {
    "link_key": 16,
    "session_key": 32,  # HS256 wants 256 bits (RFC 7518, 3.2)
    "codec_key": 24,  # it opens everything
    "metrics_token": 1,
    "twilio_auth_token": 1,
}


def _from_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("not JSON") from None


class SettingsIncomplete(Exception):
    """The product must not start. The message names each variable, what it is for and what is wrong; it holds no value."""


class Settings(BaseSettings):
    """Base URLs left empty mean the real service. `day_seconds` is how long a calendar day lasts: 86,400 but in demos and tests."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, str_strip_whitespace=True)

    # ours
    database_url: str = Field(
        default="sqlite+aiosqlite:///.perdura/perdura.db",
        repr=False,
        description="SQLAlchemy address of the database (sqlite+aiosqlite or postgresql+asyncpg)",
    )
    task_queue: str = Field(default="perdura", min_length=1, description="Temporal task queue of the worker")
    public_url: str = Field(
        default="http://127.0.0.1:8400",
        pattern=r"^https?://[^/\s]+",
        description="address at which customers and providers reach this API",
    )
    api_host: str = Field(default="127.0.0.1", description="address the API listens on")
    api_port: int = Field(default=8400, ge=0, le=65535, description="port the API listens on")
    link_key: SecretStr = Field(
        min_length=1,
        description="signs the links written into messages: 16 random characters or more; to rotate, put a new key before the old"
        " one with a comma between",
    )
    session_key: SecretStr = Field(
        min_length=1,
        description="signs the sessions of people who log in: 32 random characters or more; to rotate, put a new key before the old"
        " one with a comma between",
    )
    session_minutes: int = Field(default=15, ge=1, le=1_440, description="how long an access token is good")
    console_minutes: int = Field(
        default=480,
        ge=5,
        le=1_440,
        description="how long somebody may leave the console alone before they must sign in again",
    )
    session_days: int = Field(default=30, ge=1, le=365, description="after how many days a person must log in again")
    allowed_origins: str = Field(
        default="",
        pattern=r"^$|^https?://[^/\s,]+(\s*,\s*https?://[^/\s,]+)*$",
        description="origins, joined by commas, whose pages may use the API from a browser (CORS); empty: none but our own",
    )
    trusted_proxies: str = Field(
        default="",
        description="addresses or networks, joined by commas, of reverse proxies whose X-Forwarded-For is believed; empty: none",
    )
    requests_per_minute: int = Field(
        default=6_000,
        ge=1,
        description="how many requests an API key or a person may make in a minute, at each API process",
    )
    guest_requests_per_minute: int = Field(
        default=120, ge=1, description="the same for an address without credentials; webhooks are not limited"
    )
    encryption_keys: SecretStr = Field(
        description="seal personal data in SQL, Temporal and backups, newest first: id:base64 of 32 bytes, joined by commas"
        " (make one with perdura key encryption)",
    )
    codec_key: SecretStr = Field(
        default=SecretStr(""),
        description="opens every tenant's Temporal payloads at the codec server, for operators of the installation;"
        " 24 characters or more, several joined by commas, or empty: no such key",
    )
    temporal_ui_url: str = Field(
        default="",
        pattern=r"^(https?://[^/\s]+(/.*)?)?$",
        description="address of the Temporal UI, the one page that may ask the codec server from a browser",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least important lines the logs keep: debug, info, warning or error"
    )
    backup_directory: Path | None = Field(
        default=None,
        description="directory for a daily backup, made by the worker, and for the list of erasures; left out: there is neither",
    )
    sweep_seconds: float = Field(
        default=60.0, ge=1, description="how often events that no process has had yet are handed over"
    )
    reconcile_seconds: float = Field(
        default=3_600.0, ge=10, description="how often payments provider, processes and books are compared"
    )
    check_seconds: float = Field(default=300.0, ge=1, description="how often the invariants of the books are checked")
    inbox_alert_seconds: float = Field(
        default=3_600.0, gt=0, description="how long an event may wait for its process before the operator is told"
    )
    webhooks_local: bool = Field(
        default=False,
        description="for development: webhooks may also go to http:// and to addresses that are not public",
    )
    events_days: int = Field(
        default=90,
        ge=7,
        description="how many days events for webhooks are kept once they were delivered; undelivered ones stay",
    )
    entitlement_seconds: float = Field(
        default=2.0,
        ge=0,
        le=60,
        description="for how long an answer about entitlements is given again, and so the longest it is behind; 0: never",
    )
    uninvoiced_hours: float = Field(
        default=4.0, gt=0, description="how many hours after a charge its tax invoice must be stamped"
    )
    alert_email: str = Field(
        default="",
        pattern=r"^(|[^@\s]+@[^@\s]+)$",
        description="where the operator is written to; empty: the log alone is told",
    )
    database_limit_mb: int = Field(
        default=0, ge=0, description="how large the database may become, in MiB: at 90 % there is an alert; 0: no limit"
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="bearer token of whoever scrapes /metrics, several joined by commas; empty: it is closed",
    )
    otlp_endpoint: str = Field(
        default="",
        pattern=r"^$|^https?://[^/\s]+(/\S*)?$",
        description="base address of an OpenTelemetry collector (OTLP over HTTP) that traces are sent to; empty: none are made",
    )
    temporal_metrics: str = Field(
        default="",
        pattern=r"^$|^[^\s:]+:\d{1,5}$",
        description="host:port where the worker gives Temporal's own figures to Prometheus, for a private network; empty: nowhere",
    )
    day_seconds: float = Field(default=86_400.0, gt=0, description="length of a calendar day in seconds")

    # the house: who sells the use of this installation
    house_tenant: str = Field(
        default="",
        pattern=r"^[a-z0-9-]{0,32}$",
        description="business that sells the use of the product to others; empty: none",
    )
    house_plan: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9_-]{0,64}$",
        description="its plan that a business which signs up by itself tries; its trial must need no card",
    )
    signup_open: bool = Field(
        default=False,
        description="whether businesses may open an account by themselves; false: only perdura tenant create",
    )

    # Stripe
    stripe_key: SecretStr = Field(min_length=1, description="secret API key of the Stripe account (sk_…)")
    stripe_webhook_secret: SecretStr = Field(
        min_length=1, description="signing secret of the Stripe webhook endpoint (whsec_…)"
    )
    stripe_base_url: str = Field(default="", description="address that stands in for api.stripe.com")

    # WhatsApp by Twilio
    twilio_account_sid: str = Field(min_length=1, description="Twilio account that sends WhatsApp messages (AC…)")
    twilio_auth_token: SecretStr = Field(
        min_length=1,
        description="auth token of the Twilio account; while it is changed, the new one before the old with a comma between",
    )
    twilio_from: str = Field(min_length=1, description="WhatsApp sender, e.g. whatsapp:+5215512345678")
    twilio_sms_from: str = Field(
        default="",
        pattern=r"^(|\+[1-9]\d{4,14})$",
        description="number that text messages come from when WhatsApp fails, e.g. +525512345678; empty: e-mail follows at once",
    )
    twilio_base_url: str = Field(default="", description="address that stands in for api.twilio.com")
    twilio_templates: Annotated[dict[str, str], NoDecode, BeforeValidator(_from_json)] = Field(
        default_factory=dict,
        description='approved WhatsApp templates as JSON: {"suspended:es-MX": "HX…"}, notice kind and language to ContentSid',
    )

    # e-mail
    smtp_url: SecretStr = Field(min_length=1, description="mail server: smtp://user:password@host:port")
    mail_from: str = Field(min_length=1, description="sender of e-mails")

    # tax invoices
    pac_url: str = Field(min_length=1, description="address of the PAC that stamps tax invoices")
    pac_token: SecretStr = Field(min_length=1, description="token for the PAC")
    csd_directory: Path | None = Field(
        default=None,
        description="directory with certificates (CSD) of tenants that have added none with perdura csd add",
    )

    @field_validator(*_SHORTEST)
    @classmethod
    def _long_enough(cls, value: SecretStr, about: ValidationInfo) -> SecretStr:
        RotatingSecret.parse(value.get_secret_value(), shortest=_SHORTEST[about.field_name or ""])
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _usable(cls, value: SecretStr) -> SecretStr:
        Keyring.parse(value.get_secret_value())
        return value

    @property
    def temporal_ui_origin(self) -> str:
        """Scheme, host and port of the Temporal UI, as a browser names an origin; empty without one."""
        return "/".join(self.temporal_ui_url.split("/")[:3])

    @property
    def origins(self) -> tuple[str, ...]:
        """The allowed origins, one by one."""
        return tuple(filter(None, (origin.strip() for origin in self.allowed_origins.split(","))))

    @property
    def keyring(self) -> Keyring:
        """The encryption keys, ready for use."""
        return Keyring.parse(self.encryption_keys.get_secret_value())

    @property
    def link_secret(self) -> RotatingSecret:
        """What signs links in messages, and confirmations."""
        return RotatingSecret.parse(self.link_key.get_secret_value())

    @property
    def session_secret(self) -> RotatingSecret:
        """What signs the sessions of people."""
        return RotatingSecret.parse(self.session_key.get_secret_value())

    @property
    def codec_secret(self) -> RotatingSecret:
        """What an operator of the installation shows to the codec server."""
        return RotatingSecret.parse(self.codec_key.get_secret_value())

    @property
    def metrics_secret(self) -> RotatingSecret:
        """What whoever scrapes the figures shows."""
        return RotatingSecret.parse(self.metrics_token.get_secret_value())

    @property
    def twilio_secret(self) -> RotatingSecret:
        """What Twilio is called with, and signs with."""
        return RotatingSecret.parse(self.twilio_auth_token.get_secret_value())


def load() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsIncomplete: naming every variable that is missing or wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsIncomplete(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    missing, wrong = [], []
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        purpose = Settings.model_fields[name].description if name in Settings.model_fields else ""
        line = f"  {PREFIX}{name.upper()}: {purpose}"
        if fault["type"] == "missing":
            missing.append(line)
        else:
            wrong.append(f"{line} ({fault['msg']})")
    return "\n".join(
        [
            "Perdura cannot start.",
            *(["Missing settings:", *missing] if missing else []),
            *(["Settings that cannot be used:", *wrong] if wrong else []),
            "Set them in the environment; `make up` and `make demo` bring their own.",
        ]
    )
