"""A week's review over the real record: made, kept, sent once to whom it concerns, and shown as it was sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from activities.failures import Failure, Refused, Unavailable
from activities.reviewing import Reviewing, ReviewOrder
from models.access.permissions import Role
from models.kpis.alerts import AlertSettings
from models.kpis.review import last_week
from models.tables.parties import TenantRow
from tests.api.conftest import NOW, World
from tests.api.console.browsing import signed_in
from tests.fakes.mail import FakeFiscalMail

DAY = timedelta(days=1)
ZONE = "America/Mexico_City"


async def test_a_review_is_kept_as_it_was_sent_and_goes_to_owners_where_no_address_is_named(world: World) -> None:
    await world.signed_up()
    owner = await signed_in(world, Role.OWNER)
    await signed_in(world, Role.VIEWER)
    mail = FakeFiscalMail()
    reviewing = Reviewing(world.store, mail=mail, public_url="https://perdura.test", day_seconds=86_400)
    week = last_week(datetime.now(UTC), "America/Mexico_City")
    assert await reviewing.reviews_due(week.due) == [], "nobody was there in that week"
    await world.store._db.write(update(TenantRow).values(created_at=week.begins))
    mine, other = await reviewing.reviews_due(week.due)
    assert (mine.tenant, mine.week) == ("acme", week.name)
    assert [await reviewing.send_review(mine) for _ in range(2)] == [1, 1]
    assert len({*mail.sent}) == 1, "a repeat is the same message"
    assert await reviewing.send_review(other) == 0, "it has no owner who logs in"
    assert await reviewing.reviews_due(week.due + timedelta(hours=1)) == []
    kept = await world.store.review("acme", week.name)
    assert kept is not None
    assert await world.store.reviewed_weeks("acme") == [week.name]
    page = await owner.page(f"/console/reports/week?week={week.name}")
    assert "Así se envió" in page
    assert str(week.sunday) in page
    assert "This is how it was sent" in await owner.page("/console/reports/week", english=True)
    # Of a week that was not kept nobody knows any more how it stood; of the one that has ended last they do.
    for unknown in ("2026-W99", "2026-W01", "0001-W01", "²"):
        assert (await owner.get(f"/console/reports/week?week={unknown}")).status_code == 404
    other = await signed_in(world, tenant="other")
    assert (await other.get(f"/console/reports/week?week={last_week(NOW, ZONE).name}")).status_code == 200


async def test_a_review_goes_to_those_who_are_alerted(world: World) -> None:
    settings = AlertSettings("acme", emails=("ana@acme.example", "beto@acme.example"))
    await world.store.save_alert_settings(settings, by="ana", at=datetime.now(UTC))
    mail = FakeFiscalMail()
    reviewing = Reviewing(world.store, mail=mail, public_url="https://perdura.test", day_seconds=86_400)
    week = last_week(datetime.now(UTC), "America/Mexico_City")
    await world.store._db.write(update(TenantRow).values(created_at=week.begins))
    (mine, _) = await reviewing.reviews_due(week.due)
    assert await reviewing.send_review(mine) == 2
    assert set(mail.sent.values()) == {f"Acme: revisión de la semana {week.name}"}


class Sometimes(FakeFiscalMail):
    """A mailbox that counts every letter, and whose addresses may be out of order."""

    def __init__(self, **broken: Failure) -> None:
        super().__init__()
        self.broken, self.letters = broken, list[str]()

    async def send(self, *, to: str, subject: str, body: str, key: str, **more: Any) -> str:
        name = to.partition("@")[0]
        if name in self.broken:
            raise self.broken[name]
        self.letters.append(name)
        return await super().send(to=to, subject=subject, body=body, key=key, **more)


async def test_a_mailbox_out_of_order_has_nobody_else_written_to_again(world: World) -> None:
    settings = AlertSettings("acme", emails=tuple(f"{name}@acme.example" for name in ("ana", "beto", "carla")))
    await world.store.save_alert_settings(settings, by="ana", at=datetime.now(UTC))
    mail = Sometimes(ana=Refused("the mail server answered 550"), beto=Unavailable("the mail server answered 451"))
    reviewing = Reviewing(world.store, mail=mail, public_url="https://perdura.test", day_seconds=86_400)
    week = last_week(datetime.now(UTC), "America/Mexico_City")
    mine = ReviewOrder("acme", week.name, week.due)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await reviewing.send_review(mine)
    assert mail.letters == ["carla"]
    del mail.broken["beto"]
    assert [await reviewing.send_review(mine) for _ in range(2)] == [2, 2], "she who is no more is not waited for"
    assert mail.letters == ["carla", "beto"]
    assert await world.store.reviews_sent([week.name]) == {("acme", week.name)}
    assert await world.store.review("acme", week.name) is not None
