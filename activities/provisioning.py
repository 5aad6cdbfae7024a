"""Effects of opening an account: the business, its trial of the product, its owner, the welcome. Each may run twice."""

from dataclasses import replace
from datetime import UTC, datetime

from temporalio import activity

from activities.failures import Missing, Refused, Unavailable
from activities.ports.mail import Mail
from activities.ports.payments import Payments
from activities.ports.processes import Processes
from activities.ports.register import Register, Taken
from models.access.provisioning import Provision, Signup, welcome
from models.agreements.legal import LegalKind
from models.messages import SubscriptionStart
from models.money import Money
from models.records import AuditEntry, Customer, SubscriptionRecord
from models.selling.plans import Plan
from models.subscribing.subscriptions import Status

FIRST_STEPS = "registro/primeros-pasos"


class Provisioning:
    """Opens accounts. What is personal stays in SQL, where the signup was kept before anything began."""

    def __init__(
        self, *, store: Register, payments: Payments, processes: Processes, mail: Mail, public_url: str
    ) -> None:
        self._store = store
        self._payments = payments
        self._processes = processes
        self._mail = mail
        self._public_url = public_url.rstrip("/")

    @activity.defn
    async def enter_business(self, provision: Provision) -> None:
        await self._store.enter_business(provision.tenant)

    @activity.defn
    async def enter_trial(self, provision: Provision) -> None:
        """The business as a customer of the house, with a subscription that is to begin. Raises Refused: it cannot."""
        if await self._store.subscription(provision.house, provision.subscription) is not None:
            return
        signup, plan, now = await self._signup(provision), await self._plan(provision), _now()
        customer = Customer(
            tenant=provision.house,
            id=provision.customer,
            reference=provision.tenant,
            name=signup.name,
            email=signup.email,
            phone=signup.phone,
            language=signup.language,
        )
        record = SubscriptionRecord(
            tenant=provision.house,
            id=provision.subscription,
            customer=customer.id,
            plan=plan.code,
            status=Status.INCOMPLETE,
            created_at=now,
            updated_at=now,
            amount_due=Money(0, plan.price.currency),
            price=plan.price,
            card_required=False,
        )
        try:
            await self._store.sign_up(customer, record)
        except Taken as taken:
            raise Refused(f"{taken.field}: is a customer's already", "taken") from None

    @activity.defn
    async def open_trial(self, provision: Provision) -> None:
        """Its process, and the trial at the payments provider. Raises Refused: the provider would not open it."""
        plan = await self._plan(provision)
        opening = await self._processes.start_subscription(
            SubscriptionStart(
                tenant=provision.house,
                subscription=provision.subscription,
                reference=provision.tenant,
                plan=plan.code,
                price=plan.price,
                calendar=provision.calendar,
            )
        )
        if opening is None:
            raise Unavailable("the trial is still being opened")
        if opening.status is Status.CANCELED:
            raise Refused(f"the payments provider opens no trial: {opening.refusal or 'no reason told'}", "refused")

    @activity.defn
    async def hand_over(self, provision: Provision) -> None:
        """The owner may log in; the audit of the business begins with that, and with what was accepted."""
        signup = await self._signup(provision)
        await self._store.hand_over(provision.tenant, _now())
        opened = AuditEntry(
            tenant=provision.tenant,
            subscription="",
            key=f"{signup.user}/account",
            at=signup.created_at,
            actor=signup.user,
            action="account opened",
            detail=f"owner {signup.user}",
        )
        version = signup.terms_version
        await self._store.audit(opened)
        await self._store.audit(
            replace(
                opened,
                key=f"{signup.user}/terms/{version}",
                action="terms accepted",
                detail=f"{LegalKind.TERMS} version {version}",
            )
        )

    @activity.defn
    async def welcome(self, provision: Provision) -> None:
        signup = await self._signup(provision)
        subject, body = welcome(signup, f"{self._public_url}/{FIRST_STEPS}/{provision.tenant}")
        letterhead = await self._store.letterhead(provision.house) if provision.house else None
        await self._mail.send(
            to=signup.email,
            subject=subject,
            body=body,
            key=f"signup/{provision.tenant}/welcome",
            letterhead=letterhead,
            language=signup.language,
        )

    @activity.defn
    async def forget_contact(self, provision: Provision) -> None:
        await self._store.forget_contact(provision.tenant)

    @activity.defn
    async def withdraw(self, provision: Provision) -> None:
        """Whatever was made goes again, here and at the payments provider: there first, for it is known by what is here."""
        try:
            made = (await self._store.customer(provision.house, provision.customer)).provider_id
        except Missing:
            made = ""
        if made:
            await self._payments.forget_customer(made)
        await self._store.withdraw_signup(provision)

    async def _signup(self, provision: Provision) -> Signup:
        found = await self._store.signup(provision.tenant)
        if found is None:
            raise Refused("this signup was withdrawn", "withdrawn")
        return found

    async def _plan(self, provision: Provision) -> Plan:
        try:
            plan = await self._store.plan(provision.house, provision.plan)
        except Missing:
            raise Refused(f"the house sells no plan '{provision.plan}'", "no_plan") from None
        if plan.trial.end is None:
            raise Refused(f"the house's plan '{plan.code}' does not begin without a card", "no_plan")
        return plan


def _now() -> datetime:
    return datetime.now(UTC)
