"""The first steps of a business: which are done, why each matters, and what comes next."""

from fastapi import APIRouter
from pydantic import Field

from api.access import needs
from api.deps import Caller, Ctx
from api.problems import answers
from api.views import View, WordsView
from models.access.onboarding import Standing, Step, checklist, following
from models.access.permissions import Permission

router = APIRouter(prefix="/v1/onboarding", tags=["brand"])


class StepView(View):
    """One step."""

    step: Step
    done: bool
    title: WordsView
    why: WordsView
    api: str = Field(examples=["PUT /v1/brand"])
    """How it is taken by the API."""
    command: str = Field(examples=["perdura brand set TENANT"])
    """How from a terminal; empty where only customers can take it."""

    @classmethod
    def of(cls, standing: Standing) -> "StepView":
        guide = standing.guide
        return cls(
            step=standing.step,
            done=standing.done,
            title=WordsView.of(guide.title),
            why=WordsView.of(guide.why),
            api=guide.api,
            command=guide.command,
        )


class OnboardingView(View):
    """All steps in their order, and the one to take next."""

    done: int
    of: int
    next: Step | None
    """null: all are done."""
    steps: list[StepView]


@router.get("", summary="First steps, done and open", dependencies=[needs(Permission.READ)], responses=answers(503))
async def onboarding(context: Ctx, tenant: Caller) -> OnboardingView:
    """Computed from what there is: nobody ticks anything off."""
    standings = checklist(await context.store.steps_taken(tenant.id))
    coming = following(standings)
    return OnboardingView(
        done=sum(each.done for each in standings),
        of=len(standings),
        next=coming.step if coming else None,
        steps=[StepView.of(each) for each in standings],
    )
