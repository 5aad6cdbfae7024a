"""How a subscription begins: a first charge, or a hosted page that is completed or expires."""

import contextlib
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow

from activities.billing import AtProvider, Billing, OpenSubscription
from models.messages import Opening
from models.speaking.notices import NoticeKind, NoticeRequest
from models.subscribing.subscriptions import Status
from workflows import options
from workflows.subscription_life import SubscriptionLife


class SubscriptionOpening(SubscriptionLife):
    """The part of a subscription's process before there is anything to charge."""

    # An update, because the signup page waits for the answer.
    @workflow.update(description="Wait for the end of the signup")
    async def opened(self) -> Opening:
        await workflow.wait_condition(lambda: self._opening is not None)
        assert self._opening is not None
        return self._opening

    async def _open(self) -> None:
        """Start charging, or wait for the checkout page to be completed."""
        start = self._start
        if start.checkout:
            self._opening = Opening(Status.INCOMPLETE)
            await self._await_checkout()
            return
        opened = await workflow.execute_activity_method(
            Billing.open_subscription,
            OpenSubscription(start.tenant, start.subscription, start.payment_method),
            **options.look("open the subscription"),
        )
        if opened.word is None:
            refusal = opened.decline.code if opened.decline else "refused"
            await self._end_unopened("signup refused by the bank", refusal)
            return
        await self._take_in(opened.word, "subscription opened")
        self._opening = Opening(self._state.status)

    async def _await_checkout(self) -> None:
        """Until the customer finishes the hosted page, or it expires. News and its end both say: look."""
        session = AtProvider(self._start.checkout)
        while True:
            self._look_wanted = False
            checkout = await workflow.execute_activity_method(
                Billing.look_up_checkout, session, **options.look("look at the checkout page")
            )
            if checkout.subscription:
                await self._look(checkout.subscription, "checkout completed")
                return
            now = workflow.now()
            if checkout.status == "expired":
                await self._end_unopened("checkout expired", "", (self._abandoned(),))
                return
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._look_wanted,
                    # Its end is the provider's to tell; our clocks may differ by a moment.
                    timeout=max(checkout.expires_at - now, timedelta(minutes=1)),
                    timeout_summary="checkout expires",
                )

    def _abandoned(self) -> NoticeRequest:
        """One message with a link to another page, once for ever to a customer: its key names nobody's page."""
        return replace(
            self._notice(NoticeKind.CHECKOUT_ABANDONED), key=f"{self._start.reference}/{NoticeKind.CHECKOUT_ABANDONED}"
        )

    async def _end_unopened(self, what: str, refusal: str, notices: tuple[NoticeRequest, ...] = ()) -> None:
        self._refusal = refusal
        self._become(replace(self._state, status=Status.CANCELED))
        await self._record(self._entry(what, detail=refusal), notices=notices)
        self._opening = Opening(Status.CANCELED, refusal)  # last: whoever waits for it finds the record written
