"""The real services the sandbox's behaviour tests can run against, and what each needs in the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

TEST_KEYS = ("sk_test_", "rk_test_")


@dataclass(frozen=True)
class Service:
    """``fixture`` is what a test asks for to use it; ``missing`` are the ``variables`` that are not set."""

    name: str
    fixture: str
    variables: tuple[str, ...]
    missing: tuple[str, ...] = ()


STRIPE = Service("STRIPE", "client", ("PERDURA_LIVE_STRIPE_KEY",))
TWILIO = Service("TWILIO", "twilio", ("PERDURA_LIVE_TWILIO_ACCOUNT_SID", "PERDURA_LIVE_TWILIO_AUTH_TOKEN"))


def chosen(environment: Mapping[str, str]) -> tuple[Service, ...]:
    """Both services with what they lack. Raises UsageError for a Stripe key that could move real money."""
    key = environment.get(STRIPE.variables[0], "")
    if key and not key.startswith(TEST_KEYS):
        raise pytest.UsageError(
            f"{STRIPE.variables[0]} must be a key of test mode (sk_test_…): real money is not for tests"
        )
    return tuple(
        replace(service, missing=tuple(name for name in service.variables if not environment.get(name)))
        for service in (STRIPE, TWILIO)
    )
