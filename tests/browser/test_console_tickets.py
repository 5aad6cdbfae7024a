"""The journey of whoever answers: who waits is seen, and answered within their time."""

from datetime import timedelta

import pytest

from models.access.permissions import Role
from models.tickets.ticket import TicketState
from tests.browser.conftest import Opening, insist_on_access
from tests.browser.debts import at_work
from tests.browser.street import Street
from tests.browser.waiting import Answering, asked


async def test_a_ticket_is_answered_within_its_time(
    visit: Opening, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked(street, "nora", "Nora Ibarra", "Me cobraron dos veces este mes", ago=timedelta(hours=7))
    hand = Answering(street)
    monkeypatch.setattr(street.door, "command_ticket", hand.command_ticket)
    page = await visit("/planes/vetia", phone=True)
    await at_work(street, page, Role.SUPPORT)
    await page.goto("/console/tickets")
    await insist_on_access(page)
    row = page.get_by_role("row", name="Nora Ibarra")
    assert "Contestar" in await row.inner_text()  # there is an hour left
    await page.get_by_role("link", name="Nora Ibarra").click()
    await insist_on_access(page)
    await page.get_by_label("Lo que leerá el cliente").fill("Ya devolvimos el segundo cargo, Nora.")
    await page.get_by_role("button", name="Enviar respuesta").click()
    await page.get_by_text("Respuesta enviada").wait_for()
    said = await page.locator("#said + .live").inner_text()
    for words in ("Ya devolvimos el segundo cargo", "Contestado a tiempo", "Entregado", "Espera al cliente"):
        assert words in said, words
    (ticket,) = hand.answered
    assert (ticket.state, ticket.missed_at) == (TicketState.WAITING, None)
    assert ticket.answered_at is not None
    assert ticket.answered_at < ticket.due_at
