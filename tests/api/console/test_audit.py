"""The audit in the console: who did what, why, what changed, and whether the chain is whole."""

from datetime import timedelta

import pytest

from models.bookkeeping.chain import Break
from models.records import AuditEntry
from tests.api.conftest import NOW, World
from tests.api.console.browsing import Browser, signed_in


@pytest.fixture
async def owner(world: World) -> Browser:
    """Who gave three days of grace yesterday, as the process itself paused something."""
    browser, subscription = await signed_in(world), await world.signed_up()
    changed = {
        "before": '{"status": "past_due", "until": null}',
        "after": '{"status": "active", "until": "2026-11-24"}',
    }
    lines = (
        AuditEntry(
            "acme", subscription, "k1", NOW, browser.user.id, "grace extended by 3 days", "paga el viernes", **changed
        ),
        AuditEntry("acme", subscription, "k2", NOW - timedelta(days=9), "perdura", "dunning paused"),
    )
    for line in lines:
        await world.store.audit(line)
    return browser


async def test_it_tells_who_did_what_why_and_what_changed(owner: Browser) -> None:
    page = await owner.page("/console/audit")
    assert "3 días más de gracia" in page
    assert f">{owner.user.email}<" in page
    assert "Razón: paga el viernes" in page
    assert "past_due" in page
    assert "<strong>2026-11-24</strong>" in page


async def test_it_is_narrowed_by_person_act_and_day(owner: Browser) -> None:
    mine = await owner.page(f"/console/audit?who={owner.user.email}")
    assert "Cobranza en pausa" not in mine
    assert "3 días más de gracia" in mine
    old = await owner.page(f"/console/audit?until={NOW - timedelta(days=3):%Y-%m-%d}&who=perdura")
    assert "3 días más de gracia" not in old
    assert "Cobranza en pausa" in old
    assert "Nada así en la auditoría" in await owner.page("/console/audit?what=nothing")
    for query in ("since=ayer", "until=9999-12-31", "since=0001-01-01"):
        wrong = await owner.get(f"/console/audit?{query}")
        assert wrong.status_code == 422
        assert "Escríbelo como 2026-11-21" in wrong.text


async def test_a_chain_that_breaks_is_named_by_its_line(
    world: World, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "La cadena está completa" in await owner.page("/console/audit?verify=true")

    async def broken(tenant: str) -> Break:
        return Break(tenant, 7, "altered: its hash does not fit")

    monkeypatch.setattr(world.store, "verify_chain", broken)
    page = await owner.page("/console/audit?verify=true")
    assert "La cadena se rompe en el renglón 7: altered: its hash does not fit" in page


async def test_another_business_has_its_own(world: World, owner: Browser) -> None:
    other = await signed_in(world, tenant="other")
    assert "paga el viernes" not in await other.page("/console/audit")
