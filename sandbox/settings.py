"""What can be set on the sandbox, each by an environment variable ``PERDURA_SANDBOX_<NAME>``."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseSettings):
    """Durations are seconds of real time unless they say otherwise.

    ``day_seconds`` is how long one of Stripe's calendar days lasts: 86400 is true time (with true months), 2 lets a
    thirty-day month pass in a minute. Timestamps stay real.
    """

    model_config = SettingsConfigDict(env_prefix="PERDURA_SANDBOX_")

    host: str = "127.0.0.1"
    port: int = 8420
    smtp_port: int = 8425
    day_seconds: float = Field(default=86400.0, gt=0)
    state_file: Path | None = None
    twilio_contract: Path | None = None  # twilio_api_v2010.json, for what Twilio says when ``verify`` is on
    verify: bool = False  # hold whatever is said and asked against the contracts; costs 1 or 2 ms for each new object

    stripe_key: str = "sk_test_perdura"
    stripe_webhook_url: str = ""
    stripe_webhook_secret: str = "whsec_perdura_sandbox"
    upcoming_days: float = Field(default=3.0, ge=0)  # invoice.upcoming this many calendar days before a renewal

    twilio_account_sid: str = "AC" + "5a" * 16
    twilio_auth_token: str = "perdura_sandbox_token"
    twilio_inbound_url: str = ""
    twilio_step_seconds: float = Field(default=0.05, ge=0)  # between queued, sent, delivered and read
    twilio_read: bool = True  # WhatsApp recipients read what they get
    twilio_strict: bool = False  # enforce the 24-hour window (63016) and refuse templates never approved here (21655)
    twilio_mexican_one: bool = True  # inbound WhatsApp from +52 numbers arrives as +521, as it really does

    pac_token: str = "perdura_sandbox_pac"
    pac_stamps: int = 1_000_000  # bought at the PAC; the last one refuses with 718
    pac_authority: Path = Path(".perdura/authority")  # the authority's and the PAC's own keys, made when missing

    @property
    def base_url(self) -> str:
        """Where this process answers HTTP, without a trailing slash."""
        return f"http://{self.host}:{self.port}"
