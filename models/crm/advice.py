"""What to do with a customer: advice by rule, the most urgent first, each with its reason and the act that it suggests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from models.crm.opportunities import Opportunity
from models.crm.reasons import Because, Reason
from models.crm.scores import Level, Score, churn_risk, default_risk
from models.crm.standing import Standing, State
from models.speaking.notices import Language
from models.words import Words

_DAY = timedelta(days=1)
MANY = 6  # invoices paid after which somebody may want more
BUYS_AGAIN = 90  # days after which who left is not asked to come back any more


class Advice(StrEnum):
    """What may be advised."""

    COLLECT = "collect"
    RETAIN = "retain"
    CONVERT = "convert"
    CLOSE_OPPORTUNITY = "close_opportunity"
    WIN_BACK = "win_back"
    FOLLOW_UP = "follow_up"
    UPSELL = "upsell"
    MORE_TIME_TO_PAY = "more_time_to_pay"
    SPEAK = "speak"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Guide:
    """What is advised, and the act that follows, in words."""

    recommendation: Words
    action: Words


GUIDES: Mapping[Advice, Guide] = MappingProxyType(
    {
        Advice.COLLECT: Guide(
            Words("Cobrar antes de que cumpla 30 días", "Collect before it is 30 days late"),
            Words("Llamar a quien autoriza los pagos", "Call whoever authorises payments"),
        ),
        Advice.RETAIN: Guide(
            Words("Evitar que se vaya", "Keep them from leaving"),
            Words("Llamar, preguntar por qué se va y ofrecer otro plan", "Call, ask why, and offer another plan"),
        ),
        Advice.CONVERT: Guide(
            Words("Convertir la prueba en suscripción", "Turn the trial into a subscription"),
            Words("Escribirle antes de que termine la prueba", "Write before the trial ends"),
        ),
        Advice.CLOSE_OPPORTUNITY: Guide(
            Words("Cerrar «{name}»", "Close “{name}”"),
            Words("Llamada de seguimiento", "Follow-up call"),
        ),
        Advice.WIN_BACK: Guide(
            Words("Recuperar al cliente", "Win them back"),
            Words("Escribirle con una oferta para volver", "Write with an offer to come back"),
        ),
        Advice.FOLLOW_UP: Guide(
            Words("Dar seguimiento al prospecto", "Follow the prospect up"),
            Words("Llamar para saber qué necesita", "Call to learn what they need"),
        ),
        Advice.UPSELL: Guide(
            Words("Proponer más servicios o un plan mayor", "Propose more services, or a greater plan"),
            Words("Llamada de venta", "Sales call"),
        ),
        Advice.MORE_TIME_TO_PAY: Guide(
            Words("Puede darse más plazo para pagar", "May be given more time to pay"),
            Words("Ampliar los días de sus cobros", "Give their bills more days"),
        ),
        Advice.SPEAK: Guide(
            Words("Hablar con el cliente", "Speak with them"),
            Words("Llamar para saber cómo le va", "Call to hear how they are"),
        ),
        Advice.NOTHING: Guide(
            Words("Nada por ahora", "Nothing for now"), Words("Dejarlo como está", "Leave it as it is")
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One advice and why. `name` is that of the opportunity it is about."""

    advice: Advice
    because: Reason
    opportunity: str = ""
    name: str = ""

    def recommendation(self, language: Language) -> str:
        """What is advised."""
        return GUIDES[self.advice].recommendation.in_(language).format(name=self.name)

    def action(self, language: Language) -> str:
        """What to do."""
        return GUIDES[self.advice].action.in_(language)


def recommendations(standing: Standing, now: datetime) -> tuple[Recommendation, ...]:
    """All that is advised, the most urgent first; never none."""
    unpaid, leaving = default_risk(standing, now), churn_risk(standing, now)
    told = tuple(_advised(standing, unpaid, leaving, now))
    return told or (Recommendation(Advice.NOTHING, Reason(Because.ALL_WELL, 0)),)


def _advised(standing: Standing, unpaid: Score, leaving: Score, now: datetime) -> Iterable[Recommendation]:
    state, why = standing.state, {reason.because: reason for reason in (*leaving.reasons, *unpaid.reasons)}
    if standing.owed:
        yield Recommendation(Advice.COLLECT, next(r for r in unpaid.reasons if r.because is Because.OVERDUE))
    for sign in (Because.LEAVING, Because.PAUSED, Because.DOWNGRADED):
        if sign in why:
            yield Recommendation(Advice.RETAIN, why[sign])
            break
    if state is State.TRIAL:
        yield Recommendation(Advice.CONVERT, why.get(Because.TRIAL_ENDS, why.get(Because.IN_TRIAL, leaving.reasons[0])))
    best = max((o for o in standing.opportunities if o.open), key=lambda o: (o.weighted, o.id), default=None)
    if best is not None:
        yield _closing(best)
    last = standing.last_purchase_at
    if state is State.FORMER and last is not None and now - last <= BUYS_AGAIN * _DAY:
        yield Recommendation(Advice.WIN_BACK, Reason(Because.GONE, 0))
    if state is State.PROSPECT and best is None:
        yield Recommendation(Advice.FOLLOW_UP, Reason(Because.NOTHING_BOUGHT, 0))
    well = unpaid.level is Level.LOW and leaving.level is Level.LOW and not standing.owed
    if well and state is State.ACTIVE and len(standing.paid) >= MANY:
        often = Reason(Because.BUYS_OFTEN, 0, {"count": len(standing.paid)})
        yield Recommendation(Advice.UPSELL, often)
        if Because.PAYS_ON_TIME in why and not standing.living:
            yield Recommendation(Advice.MORE_TIME_TO_PAY, why[Because.PAYS_ON_TIME])
    if Because.SILENT in why:
        yield Recommendation(Advice.SPEAK, why[Because.SILENT])


def _closing(best: Opportunity) -> Recommendation:
    figures: dict[str, int | str] = {
        "amount": str(best.amount),
        "points": best.probability,
    }
    return Recommendation(Advice.CLOSE_OPPORTUNITY, Reason(Because.OPPORTUNITY, 0, figures), best.id, best.name)
