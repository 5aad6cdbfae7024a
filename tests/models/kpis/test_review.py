"""The review of a week: of which days, when it is due, and what it comes to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from models.analytics.funnel import Trial
from models.analytics.recovery import Collected
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState, Followed
from models.collecting.cases import Outcome, Stage
from models.kpis.definitions import DEFINITIONS, Kpi
from models.kpis.figures import Base, Figure, Lost, Standing
from models.kpis.review import Review, is_due, last_week, letter, named, reviewed
from models.money import Money
from models.records import CaseRecord
from models.selling.plans import Interval
from models.subscribing.subscriptions import Status

DAY = timedelta(days=1)
ZONE = "America/Mexico_City"
MONDAY = datetime(2026, 11, 23, 14, tzinfo=UTC)  # eight in the morning in Mexico City
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = named("2026-W47", ZONE)


def test_a_week_is_the_tenants_from_monday_to_sunday() -> None:
    assert (WEEK.monday, WEEK.sunday) == (date(2026, 11, 16), date(2026, 11, 22))
    assert WEEK.begins.astimezone(UTC) == datetime(2026, 11, 16, 6, tzinfo=UTC)
    assert last_week(MONDAY, ZONE) == WEEK
    # It is Monday in Kiritimati, and the week of Mexico City goes on.
    assert last_week(datetime(2026, 11, 22, 12, tzinfo=UTC), "Pacific/Kiritimati").name == "2026-W47"
    assert last_week(datetime(2026, 11, 22, 12, tzinfo=UTC), ZONE).name == "2026-W46"


@pytest.mark.parametrize(
    ("now", "created", "told"),
    [
        (MONDAY - timedelta(minutes=1), LONG_AGO, False),
        (MONDAY, LONG_AGO, True),
        (MONDAY + 2 * DAY, LONG_AGO, True),  # after an outage
        (MONDAY + 3 * DAY, LONG_AGO, False),
        (MONDAY, WEEK.ends, False),  # it was not there yet
    ],
)
def test_it_is_due_from_monday_morning_for_three_days(now: datetime, created: datetime, told: bool) -> None:
    assert is_due(WEEK, now, created) is told


def of_the_week() -> Review:
    began = WEEK.begins
    case = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.GRACE, "ruthless v2", began + DAY)
    change = ChangeRecord(
        *("acme", "pc_1", "s_1", ChangeKind.DOWNGRADE, ChangeState.DONE, "pro", "starter"),
        *(Money(14_900), Money(9_900), Money(0), began, began + DAY, "customer"),
    )
    return reviewed(
        WEEK,
        trials=[
            Trial("pro", began + DAY, Status.TRIALING, card_required=True),
            Trial("pro", began - 10 * DAY, Status.ACTIVE, card_required=True, paid_at=began + 2 * DAY),
            Trial("pro", began - 30 * DAY, Status.ACTIVE, card_required=True, paid_at=began - DAY),
        ],
        followed=[
            Followed(change),
            Followed(replace(change, state=ChangeState.RETAINED)),
            Followed(replace(change, effective_at=began - DAY)),
        ],
        base=Base(
            WEEK.monday,
            (Standing(Status.ACTIVE, Interval.MONTH, "MXN", 50, 745_000),),
            (Lost(False, Interval.MONTH, "MXN", 2, 29_800), Lost(True, Interval.MONTH, "MXN", 1, 14_900)),
        ),
        cases=[
            Collected(case, "pro"),  # open for over 72 h
            Collected(replace(case, outcome=Outcome.PAID, paid_at=began + 2 * DAY, closed_at=began + 2 * DAY), "pro"),
            Collected(
                replace(case, opened_at=began - DAY, outcome=Outcome.PAID, paid_at=began, closed_at=began), "pro"
            ),
            Collected(replace(case, outcome=Outcome.PAID, paid_at=WEEK.ends, closed_at=WEEK.ends), "pro"),
        ],
        figures=[Figure(Kpi.PAST_DUE_SHARE, WEEK.sunday, 8, 62), Figure(Kpi.ARR, WEEK.sunday, 1, 1, "MXN")],
        actions_open=4,
        alerts_open=1,
    )


def test_the_week_is_counted_by_hand() -> None:
    assert of_the_week() == Review(
        week="2026-W47",
        since=date(2026, 11, 16),
        until=date(2026, 11, 22),
        trials_began=1,
        trials_paid=1,
        downgrades=1,
        offers_taken=1,
        left=2,
        lost_unpaid=1,
        base=50,
        opened=3,  # the second of the paid ones was opened on Sunday before
        recovered=2,  # what was paid as the next week began is the next week's
        recovered_centavos={"MXN": 29_800},
        critical=2,  # that which is open, and that which was paid after 144 hours
        actions_open=4,
        alerts_open=1,
        figures=[("past_due_share", "12.9 %")],
    )


def test_the_letter_is_spanish_first_and_leads_to_the_page() -> None:
    names = {kpi.value: definition.name for kpi, definition in DEFINITIONS.items()}
    subject, body = letter(of_the_week(), "Acme", names, "https://perdura.test/console/reports/week?week=2026-W47")
    spanish, _, english = body.partition("—\n")
    assert subject == "Acme: revisión de la semana 2026-W47"
    assert "Perdidos por falta de pago (evitable): 1 / 50" in spanish
    assert "Recuperados: 2 ($298.00 MXN)" in spanish
    assert "Cartera vencida: 12.9 %" in spanish
    assert "Lost unpaid (avoidable): 1 / 50" in english
    assert body.count("https://perdura.test/console/reports/week?week=2026-W47") == 2
