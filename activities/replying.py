"""What is done about a customer's message: a wish is obeyed, a promise gets its page, and the rest is a ticket, which a person reads.

Everything is keyed by the message, so it may be delivered again and again.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs

from activities.hearing import Hearing, Said
from activities.ports.processes import Processes
from activities.ports.store import Store
from models.periods import REAL_DAY, Calendar
from models.phones import canonical
from models.records import InboxEvent
from models.speaking.notices import Channel, NoticeKind, NoticeRequest
from models.speaking.replies import Correspondent, Meaning, Reply, courteous, meaning, plain
from models.subscribing.provider_news import ProviderNews
from models.tickets.topics import topic_of

RECEIVED = "received"  # the type of an inbound message
BY_ITSELF = "perdura"
_LOOK = "invoice.paid"  # what a process looks at the provider for; it believes nothing else of it


class Replying:
    """Reads inbound messages. The body is sealed in the record and travels nowhere else."""

    def __init__(self, store: Store, processes: Processes, *, day_seconds: float = REAL_DAY) -> None:
        self._store = store
        self._processes = processes
        self._hearing = Hearing(store, processes, day_seconds=day_seconds)

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
            await self._settled(reply, BY_ITSELF, now)
            return first
        promised = said is Meaning.PROMISE and await self._owes(first)
        if said is Meaning.PAID:
            news = ProviderNews(f"reply:{reply.id}", _LOOK)
            await self._processes.report_news(first.tenant, first.subscription, news)
        elif promised:
            await self._answer(reply, first, NoticeKind.PROMISE_LINK)
        # What has its answer, or asks for none, begins no ticket, and is part of the one that is under way. Who says they paid waits
        # for a person where it turns out that they still owe.
        begins = said is not Meaning.PAID and not promised and not courteous(reply.body)
        ticket = await self._hearing.heard(_said(reply, first), now, begins=begins)
        if ticket or promised:
            await self._settled(reply, ticket or BY_ITSELF, now)
        return first

    async def _settled(self, reply: Reply, by: str, now: datetime) -> None:
        await self._store.settle_reply(reply.tenant, reply.id, by=by, at=now)

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


def _said(reply: Reply, by: Correspondent) -> Said:
    """The message as a ticket hears it."""
    return Said(
        tenant=reply.tenant,
        customer=reply.customer,
        subscription=by.subscription,
        id=f"te_{reply.id}",
        text=reply.body,
        at=reply.received_at,
        topic=topic_of(reply.meaning, reply.body),
        channel=reply.channel,
    )
