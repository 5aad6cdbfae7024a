"""What is done about a customer's message: a wish is obeyed, a promise gets its page, and a person reads the rest.

Everything is keyed by the message, so it may be delivered again and again.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs

from activities.ports.processes import Processes
from activities.ports.store import Store
from models.notices import Channel, NoticeKind, NoticeRequest
from models.periods import Calendar
from models.phones import canonical
from models.provider_news import ProviderNews
from models.records import InboxEvent
from models.replies import Correspondent, Meaning, Reply, meaning, plain

RECEIVED = "received"  # the type of an inbound message
BY_ITSELF = "perdura"
_LOOK = "invoice.paid"  # what a process looks at the provider for; it believes nothing else of it


class Replying:
    """Reads inbound messages. The body is sealed in the record and travels nowhere else."""

    def __init__(self, store: Store, processes: Processes) -> None:
        self._store = store
        self._processes = processes

    async def take(self, event: InboxEvent, now: datetime) -> Correspondent | None:
        """Keep the message and do what it asks for; whose it was. None: nobody of ours has this phone."""
        form = {name: values[0] for name, values in parse_qs(event.payload).items()}
        sender = form.get("From", "")
        channel = Channel.WHATSAPP if sender.startswith("whatsapp:") else Channel.SMS
        people = await self._store.customers_by_phone(canonical(sender)) if sender else ()
        if not people:
            return None
        known = form.get("OptOutType", "").lower()  # Twilio has obeyed already, and said so itself
        said = Meaning(known) if known in (Meaning.STOP, Meaning.START) else meaning(form.get("Body", ""))
        first = people[0]
        reply = Reply(
            first.tenant, event.object, first.customer, channel, form.get("Body", ""), said, event.received_at
        )
        await self._store.add_reply(reply)
        if said in (Meaning.STOP, Meaning.START):
            await self._wish(reply, people, tell=not known)
        elif said is Meaning.PAID:
            news = ProviderNews(f"reply:{reply.id}", _LOOK)
            await self._processes.report_news(first.tenant, first.subscription, news)
            return first  # for a person, where it turns out that they still owe
        elif said is Meaning.PROMISE and await self._owes(first):
            await self._answer(reply, first, NoticeKind.PROMISE_LINK)
        else:
            return first
        await self._store.settle_reply(reply.tenant, reply.id, by=BY_ITSELF, at=now)
        return first

    async def _wish(self, reply: Reply, people: Sequence[Correspondent], *, tell: bool) -> None:
        """The number that writes to them is one for all: whoever wants no messages from it wants none of any tenant's."""
        stop, first = reply.meaning is Meaning.STOP, people[0]
        was_out = reply.channel in await self._store.opted_out(first.tenant, first.customer)
        if tell and was_out is not stop:
            await self._answer(reply, first, NoticeKind.STOPPED if stop else NoticeKind.RESUMED)
        for one in people:
            if stop:
                word = plain(reply.body)
                word = word if len(word.split()) == 1 else reply.meaning  # a sentence may tell more than the wish
                await self._store.opt_out(one.tenant, one.customer, reply.channel, at=reply.received_at, word=word)
            else:
                await self._store.opt_in(one.tenant, one.customer, reply.channel)

    async def _owes(self, one: Correspondent) -> bool:
        return any(case.outcome is None for case in await self._store.cases(one.tenant, one.subscription))

    async def _answer(self, reply: Reply, to: Correspondent, kind: NoticeKind) -> None:
        """At once, whatever the hour: they are at their phone."""
        tenant = await self._store.tenant(to.tenant)
        await self._processes.request_notice(
            NoticeRequest(
                tenant=to.tenant,
                key=f"reply-{reply.id}/{kind}",
                kind=kind,
                subscription=to.subscription,
                calendar=Calendar(zone=tenant.zone),
                channel=reply.channel,
            )
        )
