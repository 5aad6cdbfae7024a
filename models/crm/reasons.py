"""Why a score is what it is: reasons of a closed set, each with its weight and its figures, in words of both languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from models.speaking.notices import Language
from models.words import Words


class Because(StrEnum):
    """All that may move a score, or lead to an advice."""

    OVERDUE = "overdue"
    MORE_DEBTS = "more_debts"
    PAID_LATE = "paid_late"
    CHARGES_FAILED = "charges_failed"
    GIVEN_UP = "given_up"
    PROMISES_BROKEN = "promises_broken"
    UNKNOWN_PAYER = "unknown_payer"
    PAYS_ON_TIME = "pays_on_time"
    GONE = "gone"
    LEAVING = "leaving"
    NO_SERVICE = "no_service"
    PAUSED = "paused"
    IN_TRIAL = "in_trial"
    TRIAL_ENDS = "trial_ends"
    DOWNGRADED = "downgraded"
    REFUNDED = "refunded"
    SILENT = "silent"
    LOYAL = "loyal"
    DEFAULT_RISK = "default_risk"
    CHURN_RISK = "churn_risk"
    NOTHING_BOUGHT = "nothing_bought"
    OPPORTUNITY = "opportunity"
    BUYS_OFTEN = "buys_often"
    ALL_WELL = "all_well"


_WORDS: Mapping[Because, Words] = MappingProxyType(
    {
        Because.OVERDUE: Words("Debe {amount}; días de atraso: {days}", "Owes {amount}; days late: {days}"),
        Because.MORE_DEBTS: Words("Otras facturas sin pagar: {count}", "Other invoices unpaid: {count}"),
        Because.PAID_LATE: Words(
            "Facturas pagadas tarde: {count} de las últimas {of}", "Invoices paid late: {count} of the last {of}"
        ),
        Because.CHARGES_FAILED: Words(
            "Cobros sin éxito en {days} días: {count}", "Charges that failed in {days} days: {count}"
        ),
        Because.GIVEN_UP: Words("Facturas que quedaron incobrables: {count}", "Invoices left uncollectible: {count}"),
        Because.PROMISES_BROKEN: Words("Promesas de pago incumplidas: {count}", "Broken promises to pay: {count}"),
        Because.UNKNOWN_PAYER: Words("Aún no ha pagado nada", "Has paid nothing yet"),
        Because.PAYS_ON_TIME: Words(
            "Pagó a tiempo sus últimas {count} facturas", "Paid the last {count} invoices on time"
        ),
        Because.GONE: Words("Ya no tiene suscripción", "Has no subscription any more"),
        Because.LEAVING: Words("Pidió cancelar: termina el {day}", "Asked to cancel: ends on {day}"),
        Because.NO_SERVICE: Words("Su servicio está suspendido", "Their service is suspended"),
        Because.PAUSED: Words("Su suscripción está en pausa", "Their subscription is paused"),
        Because.IN_TRIAL: Words("Está en periodo de prueba", "Is in the trial"),
        Because.TRIAL_ENDS: Words(
            "Su prueba termina y no ha dado tarjeta; días que faltan: {days}",
            "The trial ends without a card; days left: {days}",
        ),
        Because.DOWNGRADED: Words(
            "Bajó de plan en los últimos {days} días", "Moved to a smaller plan in the last {days} days"
        ),
        Because.REFUNDED: Words(
            "Se le devolvió dinero en los últimos {days} días", "Was refunded in the last {days} days"
        ),
        Because.SILENT: Words(
            "Nadie ha hablado con este cliente en {days} días", "Nobody has spoken with them for {days} days"
        ),
        Because.LOYAL: Words("Es cliente desde hace {months} meses", "Has been a customer for {months} months"),
        Because.DEFAULT_RISK: Words("Riesgo de impago: {points} de 100", "Risk of not paying: {points} of 100"),
        Because.CHURN_RISK: Words("Riesgo de que se vaya: {points} de 100", "Risk of leaving: {points} of 100"),
        Because.NOTHING_BOUGHT: Words("Aún no compra nada", "Has bought nothing yet"),
        Because.OPPORTUNITY: Words(
            "Oportunidad abierta de {amount} al {points} %", "Open opportunity of {amount} at {points} %"
        ),
        Because.BUYS_OFTEN: Words("Lleva {count} facturas pagadas", "Has paid {count} invoices"),
        Because.ALL_WELL: Words("Paga y no hay nada pendiente", "Pays, and nothing is pending"),
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `weight`: points that it adds to its score (below zero: that it takes away). `figures` fill its words."""

    because: Because
    weight: int
    figures: Mapping[str, int | str] = field(default_factory=dict)

    def words(self, language: Language) -> str:
        """As a person reads it."""
        return _WORDS[self.because].in_(language).format(**self.figures)
