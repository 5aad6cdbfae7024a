"""A ticket's message as its process asks for it."""

from datetime import UTC, datetime

import pytest

from models.collecting.contact import ANYTIME, Contact
from models.periods import Calendar
from models.speaking.notices import Channel
from models.tickets import desk
from models.tickets.messages import ReplyOrder
from models.tickets.terms import Terms
from models.tickets.ticket import Origin, Topic
from workflows import ticket_report

NIGHT = datetime(2026, 11, 22, 5, tzinfo=UTC)  # 23:00 in Mexico City


@pytest.mark.parametrize(("wrote", "hours"), [(True, ANYTIME), (False, Contact())])
def test_who_wrote_is_answered_at_any_hour_and_who_did_not_in_the_usual_ones(wrote: bool, hours: Contact) -> None:
    asked = desk.Asked("acme", "tk_1", "c_1", Topic.BILLING, Origin.PERSON, "ana", subscription="s_1")
    ticket = desk.opened(asked, Terms(), Calendar(), NIGHT)
    if wrote:
        ticket = desk.heard(ticket, Channel.WHATSAPP, NIGHT, NIGHT)
    notice = ticket_report.reply(ticket, ReplyOrder("ana", "reply", "te_1"), Calendar())
    assert (notice.hours, notice.answers) == (hours, Channel.WHATSAPP if wrote else None)
