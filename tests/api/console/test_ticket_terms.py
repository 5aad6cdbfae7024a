"""The terms of tickets at the console: set by the owner for what opens from now on, told at its field where they cannot be kept."""

from datetime import timedelta

from models.access.permissions import Role
from models.tickets.terms import OpenHours
from tests.api.conftest import World
from tests.api.console.browsing import signed_in

HERE = "/console/settings/tickets"
TERMS = {
    "normal_minutes": "600",
    "high_minutes": "120",
    "urgent_minutes": "45",
    "opens": "9",
    "closes": "18",
    "remind": "80",
    "raise_hours": "48",
    "close_days": "5",
}


async def test_the_owner_sets_when_tickets_are_answered(world: World) -> None:
    owner = await signed_in(world)
    given = {**TERMS, "days": "4", "from_messages": "1"}
    assert (await owner.send(HERE, given, of=HERE)).status_code == 303
    terms = await world.store.ticket_terms("acme")
    assert (terms.normal, terms.urgent, terms.raise_after) == tuple(timedelta(minutes=m) for m in (600, 45, 2_880))
    assert terms.hours == OpenHours(9, 18, (4,))
    assert (terms.ends_with_case, terms.from_messages) == (False, True)
    page = await owner.page(HERE)
    assert "Hoy: 45 min" in page
    assert 'id="day-4" name="days" value="4" checked' in page
    assert "cuyo proceso se perdió y se inició otra vez, con el plazo que ya tenía" in page
    assert "Normal: 10 h" in await owner.page("/console/settings")


async def test_what_cannot_be_kept_is_told_at_its_field_and_changes_nothing(world: World) -> None:
    owner = await signed_in(world)
    before = await world.store.ticket_terms("acme")
    for change, field, words in (
        ({"high_minutes": "900"}, "high_minutes", "A mayor prioridad, antes la respuesta"),
        ({"closes": "8"}, "opens", "Da horas del día que abran antes de cerrar"),
        ({"remind": "99"}, "remind", "Escribe 95 o menos"),
        ({"urgent_minutes": "pronto"}, "urgent_minutes", "Escribe un número"),
    ):
        told = await owner.send(HERE, {**TERMS, "days": "1", **change}, of=HERE)
        assert told.status_code == 422
        assert f'id="{field}-why">{words}' in told.text
        assert 'value="120"' in told.text or field == "high_minutes"
    assert "Elige por lo menos una opción" in (await owner.send(HERE, TERMS, of=HERE)).text
    assert await world.store.ticket_terms("acme") == before


async def test_others_see_the_terms_and_no_form(world: World) -> None:
    support = await signed_in(world, Role.SUPPORT)
    page = await support.page(HERE)
    assert "8 h" in page
    assert 'name="remind"' not in page
    assert (await support.send(HERE, TERMS)).status_code == 403
