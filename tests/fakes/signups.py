"""Accounts that are being opened, in memory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from activities.failures import Refused
from activities.ports.register import Subscriber
from models.access.provisioning import Provision, Signup, SignupState
from models.records import Customer, SubscriptionRecord
from models.selling.plans import Plan
from models.speaking.notices import Language
from tests.fakes.store import FakeStore


@dataclass
class FakeSignups(FakeStore):
    """The signup of one business. `refusal`: why its trial cannot be entered."""

    kept: Signup | None = field(
        default_factory=lambda: Signup(
            "alamos", "u_1", "sofia@alamos.test", Language.ES, "1", datetime(2026, 11, 21, tzinfo=UTC), "Los Álamos"
        )
    )
    refusal: str = ""
    businesses: list[str] = field(default_factory=list)

    async def plan(self, tenant: str, code: str) -> Plan:
        plan = await super().plan(tenant, code)
        return replace(plan, card_required=False, trial_days=14) if tenant == "house" else plan

    async def signup(self, tenant: str) -> Signup | None:
        return self.kept

    async def enter_business(self, tenant: str) -> None:
        self.businesses.append(tenant)

    async def sign_up(self, customer: Customer, record: SubscriptionRecord) -> Subscriber:
        if self.refusal:
            raise Refused(self.refusal)
        self.subscriptions[record.id] = record
        return Subscriber(record, customer)

    async def hand_over(self, tenant: str, at: datetime) -> None:
        assert self.kept is not None
        self.kept = replace(self.kept, state=SignupState.READY)

    async def forget_contact(self, tenant: str) -> None:
        assert self.kept is not None
        self.kept = replace(self.kept, name="", phone="")

    async def withdraw_signup(self, provision: Provision) -> str:
        self.kept, self.businesses, self.subscriptions = None, [], {}
        return ""
