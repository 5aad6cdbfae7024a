"""What can be asked of an unpaid invoice's case, as it is written in a request: the same words for a preview and for the order itself."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from api.views import Body
from models.commands import CaseCommand, SubscriptionCommand
from models.messages import AdoptPolicy, AgreeInstalments, Command, Days, ExternalPayment, Pause, Promise, SkipToStep
from models.policies.policy_page import parse
from models.policies.running_policies import Pages
from models.subscribing.invoices import Instalment
from models.tickets.messages import EscalateCase
from models.tickets.ticket import Priority

Who = tuple[str, str]  # actor and reason, as the audit keeps them


class Wish(Body):
    """Something asked about an unpaid invoice."""

    invoice: str = Field(
        default="", max_length=64, description="which one; left out: the oldest unpaid", examples=["in_1Pgc6tB7WZ01"]
    )

    async def said(self, who: Who, pages: Pages, tenant: str) -> Command:  # noqa: ARG002
        """The order as the case's process takes it. Raises Missing: the tenant has no such policy."""
        return Command(*who)


class Grace(Wish):
    """More days of service before suspension."""

    days: float = Field(gt=0, le=60, examples=[3])

    async def said(self, who: Who, pages: Pages, tenant: str) -> Command:  # noqa: ARG002
        return Days(*who, self.days)


class Standstill(Wish):
    """The ladder stands still."""

    days: float = Field(default=0, ge=0, le=60, description="0: until it is resumed", examples=[5])
    disputed: bool = Field(default=False, description="the customer says they do not owe it")

    async def said(self, who: Who, pages: Pages, tenant: str) -> Command:  # noqa: ARG002
        return Pause(*who, self.days, self.disputed)


class Promised(Wish):
    """The customer says when they will pay."""

    until: AwareDatetime = Field(examples=["2026-12-01T18:00:00Z"])
    centavos: int = Field(default=0, ge=0, le=10**12, description="how much; 0: all that is owed")

    async def said(self, who: Who, pages: Pages, tenant: str) -> Command:  # noqa: ARG002
        return Promise(*who, self.until, self.centavos)


class PartOrder(Body):
    """One instalment."""

    centavos: int = Field(gt=0, le=10**12, examples=[24_950])
    due: AwareDatetime = Field(description="when it is charged", examples=["2026-12-01T18:00:00Z"])


class InParts(Wish):
    """A payment plan: together the parts are what is owed."""

    parts: list[PartOrder] = Field(min_length=2, max_length=12, description="the earliest first")

    async def said(self, who: Who, pages: Pages, tenant: str) -> Command:  # noqa: ARG002
        return AgreeInstalments(*who, tuple(Instalment(part.centavos, part.due) for part in self.parts))


class OtherPolicy(Wish):
    """A version of a policy that the tenant has written."""

    policy: str = Field(min_length=1, max_length=64, examples=["standard-21d"])
    version: int = Field(ge=1, le=10**9, examples=[2])

    async def said(self, who: Who, pages: Pages, tenant: str) -> Command:
        return AdoptPolicy(*who, parse(await pages.policy_page(tenant, self.policy, self.version)))


class ToStep(Wish):
    """A step of the policy, counted from 1; it is taken now and later ones keep their distance."""

    step: int = Field(ge=1, le=100, examples=[6])

    async def said(self, who: Who, pages: Pages, tenant: str) -> Command:  # noqa: ARG002
        return SkipToStep(*who, self.step)


class Method(StrEnum):
    """How money came outside the payments provider."""

    SPEI = "spei"
    CASH = "cash"


class PaidOutside(Wish):
    """A payment that came outside the payments provider."""

    method: Method
    reference: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"\S",
        description="the bank's tracking key, or the receipt's number",
        examples=["2026112140014BMOV0000123456"],
    )

    async def said(self, who: Who, pages: Pages, tenant: str) -> Command:  # noqa: ARG002
        return ExternalPayment(*who, self.method, self.reference)


class Escalated(Wish):
    """A person looks at it: the case's ticket is opened, or becomes more urgent."""

    priority: Priority = Field(default=Priority.HIGH, examples=["high"])

    async def said(self, who: Who, pages: Pages, tenant: str) -> Command:  # noqa: ARG002
        return EscalateCase(*who, self.priority)


# --- the same, with the order's name beside it: what a preview is asked for


class GraceWish(Grace):
    """More days of service before suspension."""

    order: Literal[CaseCommand.EXTEND_GRACE]


class RetryWish(Wish):
    """One charge, now."""

    order: Literal[CaseCommand.RETRY_NOW]


class StepWish(ToStep):
    """A step of the policy, counted from 1."""

    order: Literal[CaseCommand.SKIP_TO_STEP]


class PauseWish(Standstill):
    """The ladder stands still."""

    order: Literal[CaseCommand.PAUSE]


class PromiseWish(Promised):
    """The customer says when they will pay."""

    order: Literal[CaseCommand.PROMISE]


class PolicyWish(OtherPolicy):
    """Another policy."""

    order: Literal["move_to_policy"]


class ResumeWish(Wish):
    """Collecting goes on."""

    order: Literal[CaseCommand.RESUME]


class PaymentWish(PaidOutside):
    """A payment that came outside the payments provider."""

    order: Literal[CaseCommand.RECORD_PAYMENT]


class WriteOffWish(Wish):
    """The debt is given up."""

    order: Literal[CaseCommand.WRITE_OFF]


class InstalmentsWish(InParts):
    """A payment plan."""

    order: Literal[CaseCommand.INSTALMENTS]


class EscalateWish(Escalated):
    """A person looks at it."""

    order: Literal[CaseCommand.ESCALATE]


class RestoreWish(Grace):
    """Service is given back for some days, although unpaid."""

    order: Literal[SubscriptionCommand.RESTORE]


AnyWish = Annotated[
    GraceWish
    | RetryWish
    | StepWish
    | PauseWish
    | PromiseWish
    | PolicyWish
    | ResumeWish
    | PaymentWish
    | WriteOffWish
    | InstalmentsWish
    | EscalateWish
    | RestoreWish,
    Field(discriminator="order"),
]
