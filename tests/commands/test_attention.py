"""`perdura inbox …`, `perdura attention` and `perdura reconcile`: what an operator types when something is wrong."""

import asyncio
import json
import os
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from activities.gateways.store_sql import SqlStore
from commands.inbox import PAGE, instant
from commands.reconcile import in_lines
from models.money import Money
from models.records import Customer, InboxEvent, InboxStatus, Provider, SubscriptionRecord, Tenant
from models.safekeeping.keyring import Keyring
from models.selling.plans import Plan
from models.subscribing.subscriptions import Status
from models.watching.attention import Finding, Rule
from models.watching.reconciliation_run import Run
from sandbox import environment
from tests.test_cli import own_environment, perdura, said, state  # noqa: F401 - fixtures

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FINDING = Finding("acme", Rule.PAST_DUE_WITHOUT_CASE, "s_1", "past due, and no dunning case is open for it", "s_1")


def written(state: Path, what: Any) -> None:  # noqa: F811
    """Let something be written into the books of this state."""
    known = environment.load(state)

    async def write() -> None:
        store = SqlStore(known["PERDURA_DATABASE_URL"], Keyring.parse(known["PERDURA_ENCRYPTION_KEYS"]))
        work: Coroutine[Any, Any, Any] = what(store)
        try:
            await work
        finally:
            await store.close()

    asyncio.run(write())


def test_what_needs_a_person_is_told_with_what_to_do_and_who_looks_at_it(state: Path) -> None:  # noqa: F811
    assert perdura("attention", state=state).output == "nothing needs attention\n"
    written(state, lambda store: store.keep_finding(FINDING, at=NOW))
    told = perdura("attention", state=state).output
    for words in (
        FINDING.id,
        "critical",
        FINDING.text,
        "since 2026-11-21 12:00 UTC",
        "to do: nobody collects",
        "1 findings",
    ):
        assert words in told
    noted = perdura(
        "attention", "ack", FINDING.id, "--tenant", "acme", "--actor", "ana", "--note", "calling", state=state
    )
    assert noted.output == f"{FINDING.id}: noted\n"
    assert "ana looks at it (calling)" in perdura("attention", state=state).output
    assert "there is no finding" in said(perdura("attention", "ack", FINDING.id, "--actor", "ana", state=state))


def test_events_are_listed_without_what_they_hold(state: Path) -> None:  # noqa: F811
    event = InboxEvent(
        Provider.STRIPE, "evt_1", "invoice.paid", '{"email": "ana@example.mx"}', NOW, status=InboxStatus.UNMATCHED
    )
    written(state, lambda store: store.receive(event))
    told = perdura("inbox", "list", "--since", "2026-11-01", "--status", "unmatched", state=state).output
    assert "evt_1" in told
    assert "invoice.paid" in told
    assert "ana@example.mx" not in told
    assert "0 events" in perdura("inbox", "list", "--since", "2026-11-01", "--type", "charge.*", state=state).output
    assert "ana@example.mx" in perdura("inbox", "show", "evt_1", state=state).output
    assert "there is no event" in said(perdura("inbox", "show", "evt_2", state=state))


def test_a_time_is_read_as_people_write_it(state: Path) -> None:  # noqa: F811
    assert instant("2026-11-21", "--since", NOW) == datetime(2026, 11, 21, tzinfo=UTC)
    assert instant("2026-11-21T14:05-06:00", "--since", NOW) == datetime(2026, 11, 21, 20, 5, tzinfo=UTC)
    assert instant("36h", "--since", NOW) == NOW - timedelta(hours=36)
    assert instant("3d", "--since", NOW) == NOW - timedelta(days=3)
    assert "--since: 'yesterday' is not a time" in said(perdura("inbox", "replay", "--since", "yesterday", state=state))


@pytest.mark.parametrize("words", [("reconcile",), ("inbox", "replay", "--since", "1d")])
def test_without_temporal_it_says_so(state: Path, words: tuple[str, ...]) -> None:  # noqa: F811
    assert "cannot be reached" in said(perdura(*words, state=state))


def test_every_stored_event_that_fits_is_handed_over_again_though_no_page_holds_them_all(
    state: Path,  # noqa: F811
    skipping: WorkflowEnvironment,
) -> None:
    many = 2 * PAGE + 3

    async def fill(store: SqlStore) -> None:
        await store.create_tenant(Tenant("acme", "Acme"))
        await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
        ana = Customer("acme", "c_1", "u_1", "Ana", "ana@example.mx", "+525512345678", provider_id="cus_1")
        at = (NOW - timedelta(days=9), NOW - timedelta(days=9))
        await store.sign_up(ana, SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.CANCELED, *at))
        for number in range(many):  # of one second, so that their ids alone tell where a page ends
            owner = "cus_1" if number % 3 == 0 else "cus_of_somebody_else"
            said = json.dumps({"data": {"object": {"object": "customer", "id": owner}}})
            await store.receive(InboxEvent(Provider.STRIPE, f"evt_{number}", "customer.created", said, NOW))

    written(state, fill)
    os.environ["TEMPORAL_ADDRESS"] = skipping.client.service_client.config.target_host
    told = perdura("inbox", "replay", "--since", "2026-11-21", "--type", "customer.*", state=state)
    assert told.output == f"{many} events handed over again: {many // 3 + 1} kept, {many - many // 3 - 1} unmatched\n"
    late = perdura("inbox", "replay", "--since", "2026-11-21T12:01", state=state)
    assert (late.exit_code, late.output) == (0, "no event fits\n")


def test_a_run_is_told_in_lines() -> None:
    run = Run("r_1", "", False, NOW, NOW - timedelta(days=1), NOW + timedelta(seconds=7), 120)
    assert in_lines(run) == [
        "120 things compared in 7 s, looking back to 2026-11-20 12:00 UTC",
        "nothing differs",
    ]
    found = Run("r_1", "", True, NOW, NOW, NOW, 120, 3, 2, 1, 1, "a: b\nc: d")
    assert in_lines(found)[1:] == [
        "3 events that were never received would be taken in",
        "2 differ: 1 could be repaired, 1 for a person",
        "  a: b",
        "  c: d",
    ]
