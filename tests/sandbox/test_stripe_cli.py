"""Stripe's own CLI drives the sandbox: its fixtures run through, and the event each names was emitted.

``PERDURA_STRIPE_CLI`` points at the binary; otherwise it is installed once with npm into the user's cache.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.sandbox.conftest import HTTP, Running, Thread, settings_for

VERSION = "1.52.0"
KEY = "sk_test_12345678901234567890"  # the CLI wants a key of this length
TRIGGERS = [
    "billing_portal.configuration.created",
    "billing_portal.configuration.updated",
    "billing_portal.session.created",
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.failed",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "coupon.created",
    "coupon.deleted",
    "coupon.updated",
    "credit_note.created",
    "credit_note.updated",
    "credit_note.voided",
    "customer.created",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.created",
    "invoice.deleted",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "invoice.sent",
    "invoice.updated",
    "invoice.voided",
    "invoiceitem.created",
    "invoiceitem.deleted",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payment_method.detached",
    "payment_method.updated",
    "price.created",
    "price.updated",
    "product.created",
    "product.deleted",
    "product.updated",
    "promotion_code.created",
    "promotion_code.updated",
    "setup_intent.canceled",
    "setup_intent.created",
    "setup_intent.requires_action",
    "setup_intent.setup_failed",
    "setup_intent.succeeded",
    "subscription_schedule.canceled",
    "subscription_schedule.completed",
    "subscription_schedule.created",
    "subscription_schedule.released",
    "subscription_schedule.updated",
    "test_helpers.test_clock.advancing",
    "test_helpers.test_clock.created",
    "test_helpers.test_clock.deleted",
    "test_helpers.test_clock.ready",
]
# Left out: customer.subscription.paused (its fixture only pauses collection), subscription_schedule.aborted (its
# fixture cancels), subscription_schedule.expiring (its fixture stops nine days before the end, the event comes seven
# days before), and what is paid with SEPA or European transfers.


@pytest.fixture(scope="module")
def cli() -> str:
    """The binary; skipped aloud where it cannot be had."""
    given = os.environ.get("PERDURA_STRIPE_CLI") or shutil.which("stripe")
    if given:
        return given
    npm = shutil.which("npm")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "perdura" / f"stripe-cli-{VERSION}"
    binary = home / "node_modules" / ".bin" / "stripe"
    if not binary.exists():
        if npm is None:
            pytest.skip("NO STRIPE CLI: install npm, or set PERDURA_STRIPE_CLI, to run Stripe's own fixtures")
        home.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--no-save", f"@stripe/cli@{VERSION}"]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=100, check=False)
        if done.returncode:
            pytest.skip(f"NO STRIPE CLI: npm could not install it: {done.stderr[-300:]}")
    return str(binary)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Thread(settings_for(tmp_path_factory.mktemp("cli"), stripe_key=KEY)) as running:
        yield running


@pytest.mark.timeout(300)
def test_stripes_own_fixtures_run_through(cli: str, standing: Running, tmp_path: Path) -> None:
    assert len(TRIGGERS) >= 40
    environment = {
        **os.environ,
        "XDG_CONFIG_HOME": str(tmp_path),
        "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
        "NO_PROXY": "127.0.0.1",
    }

    def trigger(name: str) -> str:
        command = [cli, "trigger", name, "--api-base", standing.url, "--api-key", KEY]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
        return "" if done.returncode == 0 else f"{name}: {(done.stderr + done.stdout)[-300:]}"

    with ThreadPoolExecutor(4) as pool:
        failed = [message for message in pool.map(trigger, TRIGGERS) if message]
    assert not failed, failed
    silent = []
    for name in TRIGGERS:
        query = {"type": name, "limit": "1"}
        headers = {"authorization": f"Bearer {KEY}"}
        found = HTTP.get(f"{standing.url}/v1/events", params=query, headers=headers).json()
        if not found["data"]:
            silent.append(name)
    assert not silent, silent
