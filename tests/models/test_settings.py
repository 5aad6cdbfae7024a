"""Nothing starts on half a configuration, and the person who starts it learns everything that is missing at once."""

import pytest

from models.settings import Settings, SettingsIncomplete, load

SECRETS = {
    "PERDURA_LINK_KEY": "a long random text",
    "PERDURA_SESSION_KEY": "a random text of thirty-two characters or more",
    "PERDURA_ENCRYPTION_KEYS": "k1:" + "A" * 43 + "=",
    "PERDURA_STRIPE_KEY": "sk_test_secret",
    "PERDURA_STRIPE_WEBHOOK_SECRET": "whsec_secret",
    "PERDURA_TWILIO_ACCOUNT_SID": "AC123",
    "PERDURA_TWILIO_AUTH_TOKEN": "twilio_secret",
    "PERDURA_TWILIO_FROM": "whatsapp:+5215512345678",
    "PERDURA_SMTP_URL": "smtp://user:mail_secret@localhost:25",
    "PERDURA_MAIL_FROM": "cobranza@example.mx",
    "PERDURA_PAC_URL": "https://pac.example.mx",
    "PERDURA_PAC_TOKEN": "pac_secret",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with all that must be set, and nothing else of ours."""
    for field in Settings.model_fields:
        monkeypatch.delenv(f"PERDURA_{field.upper()}", raising=False)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_complete_environment_loads_with_real_days_and_the_real_services(environment: pytest.MonkeyPatch) -> None:
    settings = load()
    assert settings.day_seconds == 86_400
    assert settings.stripe_base_url == settings.twilio_base_url == ""
    assert settings.database_url == "sqlite+aiosqlite:///.perdura/perdura.db"


def test_every_missing_setting_is_named_with_its_purpose_in_one_message(environment: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        environment.delenv(name)
    with pytest.raises(SettingsIncomplete) as refusal:
        load()
    lines = str(refusal.value).splitlines()
    for name in SECRETS:
        (line,) = [line for line in lines if f"{name}:" in line]
        assert len(line.partition(": ")[2]) > 15, f"{name} does not say what it is for"
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PERDURA_API_PORT", "eighty"),
        ("PERDURA_DAY_SECONDS", "-86.25"),
        ("PERDURA_PUBLIC_URL", "cobranza.example.mx"),
        ("PERDURA_STRIPE_KEY", "  "),
        ("PERDURA_LINK_KEY", "short-secret"),
        ("PERDURA_LINK_KEY", "a long random text,short-secret"),
        ("PERDURA_LINK_KEY", "a long random text,"),
        ("PERDURA_SESSION_KEY", "twenty-four characters at"),
        ("PERDURA_CODEC_KEY", "opens-everything,in-two"),
        ("PERDURA_METRICS_TOKEN", "with-a,comma-in-it"),
        ("PERDURA_TWILIO_TEMPLATES", "{nonsense"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_not_shown(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SettingsIncomplete) as refusal:
        load()
    assert f"{name}:" in str(refusal.value)
    assert not value.strip() or value not in str(refusal.value)


def test_secrets_do_not_show_when_settings_are_printed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PERDURA_DATABASE_URL", "postgresql+asyncpg://perdura:db_secret@localhost/perdura")
    shown = f"{load()!r} {load()}"
    for secret in ("a long random text", "sk_test", "whsec", "twilio_secret", "mail_secret", "pac_secret", "db_secret"):
        assert secret not in shown


def test_templates_are_read_as_json(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PERDURA_TWILIO_TEMPLATES", '{"suspended:es-MX": "HX1"}')
    assert load().twilio_templates == {"suspended:es-MX": "HX1"}
