"""A business whose days were kept for a month, for the console's pages about it."""

from datetime import timedelta

from models.kpis.definitions import Kpi
from models.kpis.figures import Figure
from models.periods import Calendar
from models.subscribing.subscriptions import Status
from models.watching.attention import Finding, Rule
from tests.api.account_holders import holder
from tests.api.conftest import NOW
from tests.browser.street import Street

DAY = timedelta(days=1)


async def kept_for_a_month(street: Street, tenant: str = "vetia") -> None:
    """Six customers, one of them past due; thirty days of figures but for one that nobody kept; an alert."""
    store = street.store
    for number, plan in enumerate(("basico", "profesional", "clinica", "clinica", "profesional")):
        await holder(store, tenant, plan, reference=f"kept-{number}")
    await holder(store, tenant, "profesional", reference="kept-late", status=Status.PAST_DUE)
    today = Calendar().local(NOW).date()
    for ago in range(30, 0, -1):
        if ago == 12:
            continue
        day, grown = today - ago * DAY, 60 - ago
        await store.take_snapshot(tenant, day, at=NOW - ago * DAY)
        figures = [
            Figure(Kpi.PAST_DUE_SHARE, day, 2 + ago % 7, 40 + grown),
            Figure(Kpi.FIRST_RESPONSE_MEAN, day, 9_000 + 300 * ago, 5),
            Figure(Kpi.FIRST_RESPONSE_MEDIAN, day, 1_200 + 60 * (ago % 5), 5),
            Figure(Kpi.RECOVERED_IN_7_DAYS, day, 6 + (30 - ago) // 6, 14),
            Figure(Kpi.DOWNGRADES_RETAINED, day, 4, 5),
            Figure(Kpi.TRIAL_TO_PAID, day, 9 + (30 - ago) // 10, 20),
            Figure(Kpi.MRR, day, 4_990_000 + 120_000 * grown, 40 + grown, "MXN"),
            Figure(Kpi.ARR, day, 12 * (4_990_000 + 120_000 * grown), 40 + grown, "MXN"),
            Figure(Kpi.RECOVERY_RATE, day, 20 + grown // 6, 40),
        ]
        await store.save_figures(tenant, day, figures, at=NOW - ago * DAY)
    told = f"{today - 2 * DAY}: 9.1 %, {today - DAY}: 8.7 % (> 8 %)"
    await store.keep_finding(Finding(tenant, Rule.PAST_DUE_HIGH, "past_due", told), at=NOW)
