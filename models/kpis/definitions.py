"""What each figure of the business means: numerator, denominator and window, in both languages, shown beside the figure.

Data, so that a page, the API, the scorecard of a round of evidence and docs/kpis.md say the same. The runbook of revenue operations
names the first four; the usual figures of a subscription business follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.words import Words


class Kpi(StrEnum):
    """The figures."""

    PAST_DUE_SHARE = "past_due_share"
    FIRST_RESPONSE_MEAN = "first_response_mean"
    FIRST_RESPONSE_MEDIAN = "first_response_median"
    RECOVERED_IN_7_DAYS = "recovered_in_7_days"
    DOWNGRADES_RETAINED = "downgrades_retained"
    TRIAL_TO_PAID = "trial_to_paid"
    MRR = "mrr"
    ARR = "arr"
    CHURN_VOLUNTARY = "churn_voluntary"
    CHURN_INVOLUNTARY = "churn_involuntary"
    CHURN_VOLUNTARY_REVENUE = "churn_voluntary_revenue"
    CHURN_INVOLUNTARY_REVENUE = "churn_involuntary_revenue"
    RECOVERY_RATE = "recovery_rate"


class Unit(StrEnum):
    """What a figure is told in. share: numerator by denominator. seconds and centavos: the numerator, over so many."""

    SHARE = "share"
    SECONDS = "seconds"
    CENTAVOS = "centavos"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure counts. `divided`: its value is numerator by denominator; otherwise the denominator only says of how many.

    `up_is_good`: whether more of it is better.
    """

    kpi: Kpi
    unit: Unit
    name: Words
    numerator: Words
    denominator: Words
    window: Words
    up_is_good: bool
    divided: bool = True


DAYS_CHURN = 30
DAYS_RESPONSE = 30
DAYS_RECOVERED = 30
DAYS_TO_RECOVER = 7
DAYS_RETAINED = 30
DAYS_DOWNGRADES = 90
DAYS_TRIALS = 90
DAYS_RECOVERY = 90

_BASE = Words(
    "base activa: suscripciones activas, vencidas y suspendidas; sin pruebas, pausadas ni canceladas",
    "the active base: subscriptions that are active, past due or suspended; no trials, paused or canceled ones",
)
_THEN = Words(
    "base activa al comenzar la ventana, según la foto diaria de ese día",
    "the active base when the window begins, by that day's daily snapshot",
)
_THEN_MONEY = Words(
    "MRR de la base activa al comenzar la ventana, según la foto diaria de ese día",
    "the MRR of the active base when the window begins, by that day's daily snapshot",
)
_MONTH = Words(
    f"últimos {DAYS_CHURN} días, o desde la primera foto diaria si es más reciente",
    f"the last {DAYS_CHURN} days, or since the first daily snapshot where that is later",
)
_TODAY = Words("el día de la cifra", "the day of the figure")
_TICKETS = Words(
    f"tickets abiertos en los últimos {DAYS_RESPONSE} días", f"tickets opened in the last {DAYS_RESPONSE} days"
)
_ANSWERED = Words(
    "tickets de cobranza y de acceso bloqueado que ya tuvieron primera respuesta; los que esperan no cuentan",
    "tickets about billing and blocked access that have had a first response; those that wait are not counted",
)
_LEFT = Words(
    "las que hoy están canceladas sin que su último caso de cobranza terminara sin pago",
    "those that are canceled now although no dunning case of theirs ended unpaid",
)
_UNPAID = Words(
    "las que hoy están canceladas y cuya cobranza terminó sin pago",
    "those that are canceled now after a dunning case of theirs ended unpaid",
)
_LEFT_MONEY = Words(f"MRR que aportaban {_LEFT.es}", f"the MRR that was brought by {_LEFT.en}")
_UNPAID_MONEY = Words(f"MRR que aportaban {_UNPAID.es}", f"the MRR that was brought by {_UNPAID.en}")

DEFINITIONS: Mapping[Kpi, Definition] = {
    each.kpi: each
    for each in (
        Definition(
            Kpi.PAST_DUE_SHARE,
            Unit.SHARE,
            Words("Cartera vencida", "Past due share"),
            Words("suscripciones vencidas o suspendidas", "subscriptions that are past due or suspended"),
            _BASE,
            _TODAY,
            up_is_good=False,
        ),
        Definition(
            Kpi.FIRST_RESPONSE_MEAN,
            Unit.SECONDS,
            Words("Primera respuesta, promedio", "First response, mean"),
            Words(
                "tiempo desde que se abre el ticket hasta la primera respuesta de una persona, noches incluidas, sumado",
                "time from a ticket's opening to a person's first response, nights included, added up",
            ),
            _ANSWERED,
            _TICKETS,
            up_is_good=False,
        ),
        Definition(
            Kpi.FIRST_RESPONSE_MEDIAN,
            Unit.SECONDS,
            Words("Primera respuesta, mediana", "First response, median"),
            Words(
                "tiempo a la primera respuesta del ticket que queda a la mitad",
                "time to the first response of the ticket in the middle",
            ),
            _ANSWERED,
            _TICKETS,
            up_is_good=False,
            divided=False,
        ),
        Definition(
            Kpi.RECOVERED_IN_7_DAYS,
            Unit.SHARE,
            Words("Recuperado en 7 días", "Recovered within 7 days"),
            Words(
                f"casos de cobranza pagados a más tardar {DAYS_TO_RECOVER} días después del primer rechazo",
                f"dunning cases paid at most {DAYS_TO_RECOVER} days after the first refusal",
            ),
            Words(
                f"casos cuyos {DAYS_TO_RECOVER} días ya pasaron, sin facturas anuladas ni reemplazadas por parcialidades",
                f"cases whose {DAYS_TO_RECOVER} days are over, without invoices that were voided or replaced by a payment plan's",
            ),
            Words(
                f"casos abiertos en los {DAYS_RECOVERED} días que terminaron hace {DAYS_TO_RECOVER}",
                f"cases opened in the {DAYS_RECOVERED} days that ended {DAYS_TO_RECOVER} days ago",
            ),
            up_is_good=True,
        ),
        Definition(
            Kpi.DOWNGRADES_RETAINED,
            Unit.SHARE,
            Words("Bajas de plan retenidas a D+30", "Downgrades retained at D+30"),
            Words(
                f"las que seguían siendo clientes {DAYS_RETAINED} días después de bajar de plan",
                f"those that were still customers {DAYS_RETAINED} days after the downgrade",
            ),
            Words(
                f"bajas de plan que surtieron efecto y cuyos {DAYS_RETAINED} días ya pasaron, o que ya se fueron",
                f"downgrades that took effect and whose {DAYS_RETAINED} days are over, or that have left",
            ),
            Words(
                f"bajas de plan con efecto en los últimos {DAYS_DOWNGRADES} días",
                f"downgrades that took effect in the last {DAYS_DOWNGRADES} days",
            ),
            up_is_good=True,
        ),
        Definition(
            Kpi.TRIAL_TO_PAID,
            Unit.SHARE,
            Words("De prueba a pago", "Trial to paid"),
            Words("pruebas con un pago mayor que cero", "trials with a payment above zero"),
            Words(
                "pruebas decididas: pagadas, canceladas o terminadas sin tarjeta; las que siguen no cuentan",
                "decided trials: paid, canceled or ended without a card; those that go on are not counted",
            ),
            Words(
                f"pruebas que comenzaron en los últimos {DAYS_TRIALS} días",
                f"trials that began in the last {DAYS_TRIALS} days",
            ),
            up_is_good=True,
        ),
        Definition(
            Kpi.MRR,
            Unit.CENTAVOS,
            Words("MRR", "MRR"),
            Words(
                "precio mensual de cada suscripción de la base activa, IVA incluido y sin descuentos; del anual, la doceava parte",
                "the monthly price of each subscription of the active base, VAT inside and without discounts; of a yearly one a twelfth",
            ),
            _BASE,
            _TODAY,
            up_is_good=True,
            divided=False,
        ),
        Definition(
            Kpi.ARR,
            Unit.CENTAVOS,
            Words("ARR", "ARR"),
            Words("doce veces el MRR", "twelve times the MRR"),
            _BASE,
            _TODAY,
            up_is_good=True,
            divided=False,
        ),
        Definition(
            Kpi.CHURN_VOLUNTARY,
            Unit.SHARE,
            Words("Cancelación voluntaria", "Voluntary churn"),
            _LEFT,
            _THEN,
            _MONTH,
            up_is_good=False,
        ),
        Definition(
            Kpi.CHURN_INVOLUNTARY,
            Unit.SHARE,
            Words("Cancelación por falta de pago", "Involuntary churn"),
            _UNPAID,
            _THEN,
            _MONTH,
            up_is_good=False,
        ),
        Definition(
            Kpi.CHURN_VOLUNTARY_REVENUE,
            Unit.SHARE,
            Words("Cancelación voluntaria, en ingresos", "Voluntary churn of revenue"),
            _LEFT_MONEY,
            _THEN_MONEY,
            _MONTH,
            up_is_good=False,
        ),
        Definition(
            Kpi.CHURN_INVOLUNTARY_REVENUE,
            Unit.SHARE,
            Words("Cancelación por falta de pago, en ingresos", "Involuntary churn of revenue"),
            _UNPAID_MONEY,
            _THEN_MONEY,
            _MONTH,
            up_is_good=False,
        ),
        Definition(
            Kpi.RECOVERY_RATE,
            Unit.SHARE,
            Words("Tasa de recuperación", "Recovery rate"),
            Words("casos de cobranza pagados", "dunning cases that were paid"),
            Words(
                "casos decididos: pagados, agotados, castigados o cancelados; los abiertos y anulados no cuentan",
                "decided cases: paid, given up, written off or canceled; open and voided ones are not counted",
            ),
            Words(
                f"casos abiertos en los últimos {DAYS_RECOVERY} días",
                f"cases opened in the last {DAYS_RECOVERY} days",
            ),
            up_is_good=True,
        ),
    )
}
