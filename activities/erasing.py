"""Forgetting a customer: checked, then at the payments provider, then in SQL. Each step may be repeated: a broken order is given again."""

from activities.ports.payments import Payments
from activities.ports.register import Register
from models.safekeeping.erasure import Erased, Erasure


class Erasing:
    """Carries out an order to erase."""

    def __init__(self, store: Register, payments: Payments) -> None:
        self._store = store
        self._payments = payments

    async def erase(self, erasure: Erasure) -> Erased:
        """Erase a customer's personal data everywhere we can reach; the books stay.

        Raises:
            Missing: there is no such customer.
            Refused: not yet; the message says what to do first. Nothing was erased.
            Unavailable: provider or SQL did not answer: give the order again.
        """
        customer = await self._store.customer(erasure.tenant, erasure.customer)
        await self._store.check_erasure(erasure.tenant, erasure.customer)
        if customer.provider_id:
            await self._payments.forget_customer(customer.provider_id)
        return await self._store.erase_customer(erasure)
