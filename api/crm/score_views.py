"""Why: scores, risks and recommendations with their reasons, in both languages. Points are 0 to 100."""

from pydantic import Field

from api.views import View
from models.crm.advice import Advice, Recommendation
from models.crm.reasons import Because, Reason
from models.crm.scores import Health, Level, Score
from models.speaking.notices import Language


class WordsView(View):
    """A text in both languages."""

    es: str = Field(examples=["Facturas pagadas tarde: 2 de las últimas 12"])
    en: str = Field(examples=["Invoices paid late: 2 of the last 12"])


class ReasonView(View):
    """One reason of a score, with the points that it adds (or takes away)."""

    because: Because
    weight: int = Field(examples=[5])
    text: WordsView

    @classmethod
    def of(cls, reason: Reason) -> "ReasonView":
        text = WordsView(es=reason.words(Language.ES), en=reason.words(Language.EN))
        return cls(because=reason.because, weight=reason.weight, text=text)


class RiskView(View):
    """How great a risk is, and why; the heaviest reason first."""

    points: int = Field(examples=[35])
    level: Level
    reasons: list[ReasonView]

    @classmethod
    def of(cls, score: Score) -> "RiskView":
        return cls(points=score.points, level=score.level, reasons=[ReasonView.of(each) for each in score.reasons])


class HealthView(View):
    """How well a customer is, and why."""

    points: int = Field(examples=[82])
    level: Health
    reasons: list[ReasonView]

    @classmethod
    def of(cls, score: Score) -> "HealthView":
        return cls(points=score.points, level=score.health, reasons=[ReasonView.of(each) for each in score.reasons])


class RecommendationView(View):
    """What is advised, the act that it suggests, and why."""

    advice: Advice
    recommendation: WordsView
    action: WordsView
    reason: ReasonView
    opportunity: str = Field(examples=["op_8Kq2nR4xYw1Z"])
    """The opportunity it is about; empty: about none."""

    @classmethod
    def of(cls, told: Recommendation) -> "RecommendationView":
        said, act = ({each: say(each) for each in Language} for say in (told.recommendation, told.action))
        return cls(
            advice=told.advice,
            recommendation=WordsView(es=said[Language.ES], en=said[Language.EN]),
            action=WordsView(es=act[Language.ES], en=act[Language.EN]),
            reason=ReasonView.of(told.because),
            opportunity=told.opportunity,
        )
