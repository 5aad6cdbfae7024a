"""The environment the embedded stack runs in: `env` in its state directory, read by every `perdura` command beside it.

It holds the stack's own secrets, made on the first run, so it is readable by its owner alone. Whatever is set in the
real environment wins: with real Stripe, Twilio, SMTP or PAC settings that part talks to the real service.
"""

import json
import os
import secrets
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from models.safekeeping.keyring import Keyring
from sandbox.ports import HOST, Ports
from sandbox.temporal import DevServer

FILE = "env"
KEY, OWNERS_PASSWORD = "PERDURA_API_KEY", "PERDURA_CONSOLE_PASSWORD"  # what the stack's shop is entered with
# The settings that say where a service is. A group whose first setting is in the real environment is left alone.
_SERVICES = (
    ("PERDURA_STRIPE_KEY", "PERDURA_STRIPE_WEBHOOK_SECRET", "PERDURA_STRIPE_BASE_URL"),
    ("PERDURA_TWILIO_ACCOUNT_SID", "PERDURA_TWILIO_AUTH_TOKEN", "PERDURA_TWILIO_FROM", "PERDURA_TWILIO_BASE_URL"),
    ("PERDURA_SMTP_URL", "PERDURA_MAIL_FROM"),
    ("PERDURA_PAC_URL", "PERDURA_PAC_TOKEN"),
)
_SECRETS = {
    "PERDURA_LINK_KEY": "",
    "PERDURA_SESSION_KEY": "",
    "PERDURA_CODEC_KEY": "",
    "PERDURA_STRIPE_KEY": "sk_test_",
    "PERDURA_STRIPE_WEBHOOK_SECRET": "whsec_",
    "PERDURA_TWILIO_AUTH_TOKEN": "",
    "PERDURA_PAC_TOKEN": "",
}


def load(state: Path) -> dict[str, str]:
    """What the file holds; empty when there is none."""
    try:
        return {str(k): str(v) for k, v in json.loads((state / FILE).read_text(encoding="utf-8")).items()}
    except (FileNotFoundError, ValueError):
        return {}


def save(state: Path, values: Mapping[str, str]) -> None:
    """Write the file whole, readable by its owner alone."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = state / f".{FILE}.{os.getpid()}"
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(values, indent=1, sort_keys=True), encoding="utf-8")
    fresh.replace(state / FILE)


def compose(
    state: Path, server: DevServer, ports: Ports, *, day_seconds: float, real: Mapping[str, str]
) -> dict[str, str]:
    """The settings of every part of a stack in `state`; those in `real` are left to it."""
    known = load(state)
    sandbox, api = f"http://{HOST}:{ports.sandbox}", f"http://{HOST}:{ports.api}"
    made = {name: known.get(name) or prefix + secrets.token_hex(24) for name, prefix in _SECRETS.items()}
    account = "AC" + "5a" * 16
    values = {
        **made,
        "PERDURA_ENCRYPTION_KEYS": known.get("PERDURA_ENCRYPTION_KEYS") or Keyring.fresh("k1"),
        "TEMPORAL_ADDRESS": f"{server.address}:{ports.temporal}",
        "TEMPORAL_NAMESPACE": server.namespace,
        "PERDURA_DATABASE_URL": f"sqlite+aiosqlite:///{state / 'perdura.db'}",
        "PERDURA_PUBLIC_URL": api,
        "PERDURA_TEMPORAL_UI_URL": f"http://{server.address}:{ports.ui}",
        "PERDURA_API_HOST": HOST,
        "PERDURA_API_PORT": str(ports.api),
        "PERDURA_DAY_SECONDS": str(day_seconds),
        "PERDURA_SWEEP_SECONDS": str(min(60.0, max(5.0, day_seconds))),
        "PERDURA_WEBHOOKS_LOCAL": "true",
        "PERDURA_SIGNUP_OPEN": "true",
        "PERDURA_STRIPE_BASE_URL": sandbox,
        "PERDURA_TWILIO_BASE_URL": sandbox,
        "PERDURA_TWILIO_ACCOUNT_SID": account,
        "PERDURA_TWILIO_FROM": "whatsapp:+5215500000000",
        "PERDURA_SMTP_URL": f"smtp://{HOST}:{ports.smtp}",
        "PERDURA_MAIL_FROM": "Perdura <cobros@perdura.example>",
        "PERDURA_PAC_URL": sandbox,
        "PERDURA_CSD_DIRECTORY": str(state / "csd"),
        "PERDURA_SANDBOX_HOST": HOST,
        "PERDURA_SANDBOX_PORT": str(ports.sandbox),
        "PERDURA_SANDBOX_SMTP_PORT": str(ports.smtp),
        "PERDURA_SANDBOX_DAY_SECONDS": str(day_seconds),
        "PERDURA_SANDBOX_STATE_FILE": str(state / "sandbox.json"),
        "PERDURA_SANDBOX_VERIFY": str(find_spec("jsonschema") is not None).lower(),
        "PERDURA_SANDBOX_STRIPE_KEY": made["PERDURA_STRIPE_KEY"],
        "PERDURA_SANDBOX_STRIPE_WEBHOOK_URL": f"{api}/webhooks/stripe",
        "PERDURA_SANDBOX_STRIPE_WEBHOOK_SECRET": made["PERDURA_STRIPE_WEBHOOK_SECRET"],
        "PERDURA_SANDBOX_TWILIO_ACCOUNT_SID": account,
        "PERDURA_SANDBOX_TWILIO_AUTH_TOKEN": made["PERDURA_TWILIO_AUTH_TOKEN"],
        "PERDURA_SANDBOX_TWILIO_INBOUND_URL": f"{api}/webhooks/twilio",
        "PERDURA_SANDBOX_PAC_TOKEN": made["PERDURA_PAC_TOKEN"],
        "PERDURA_SANDBOX_PAC_AUTHORITY": str(state / "authority"),
    }
    values |= {name: known[name] for name in (KEY, OWNERS_PASSWORD) if name in known}
    for group in _SERVICES:
        if real.get(group[0]):
            values = {name: value for name, value in values.items() if name not in group}
    # The stack's own Temporal and addresses are not for the real environment to move; all else is.
    own = ("TEMPORAL_", "PERDURA_SANDBOX_", "PERDURA_API_PORT")
    return {name: value for name, value in values.items() if name.startswith(own) or not real.get(name)}


def apply(state: Path) -> None:
    """Let this process use the stack in `state`, if there is one: what is set already stays."""
    for name, value in load(state).items():
        os.environ.setdefault(name, value)
