"""What Temporal keeps of us: nothing that can be read without our keys, and nothing of one tenant as another's."""

import inspect
import json
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import pytest
from google.protobuf.message import Message
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, WorkflowHandle
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.ports.processes import CommandRefused
from models.commands import CaseCommand, SubscriptionCommand
from models.messages import Command, Days, ExternalPayment, SubscriptionStart
from models.periods import Calendar
from models.safekeeping.keyring import Keyring, Unsealable
from models.subscribing.provider_news import ProviderNews
from tests.conftest import KEYRING, Stage, eventually
from tests.samples import PRICE, overdue, provider
from tests.workflows.stand_ins import SilentInvoicing
from workflows import ids
from workflows.codec import ENCODING, Sealing, owner, sealed
from workflows.connection import sealing_converter
from workflows.dunning import DunningWorkflow
from workflows.interface import Interface
from workflows.notice import NoticeWorkflow
from workflows.subscription import SubscriptionWorkflow

OLD, NEW = Keyring.fresh("k1"), Keyring.fresh("k2")
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"pagado"')


OWNED = [
    make
    for name, make in vars(ids).items()
    if name.endswith("_id") and next(iter(inspect.signature(make).parameters)) == "tenant"
]


def of(process: str) -> WorkflowSerializationContext:
    return WorkflowSerializationContext(namespace="perdura", workflow_id=process)


@pytest.mark.parametrize(
    ("process", "tenant"),
    [
        (ids.dunning_id("acme-mx", "in_1"), "acme-mx"),
        (ids.invoicing_id("acme", "ch_1"), "acme"),
        (ids.notice_id("acme", "in_1/D+1:x"), "acme"),
        ("global-invoice:acme-mx", "acme-mx"),
        ("global-invoice:acme-mx-2026-12-01T12:00:00Z", "acme-mx"),
        ("sweep:inbox-2026-12-01T12:00:00Z", ""),
        ("", ""),
        ("sub:", ""),
        ("somebody:acme:else", ""),
    ],
)
def test_a_process_belongs_to_the_tenant_in_its_id(process: str, tenant: str) -> None:
    assert ids.tenant_of(process) == tenant


@pytest.mark.parametrize("make", OWNED, ids=lambda make: make.__name__)
def test_no_kind_of_process_is_forgotten(make: Callable[..., str]) -> None:
    given = ("acme", "x_1")[: len(inspect.signature(make).parameters)]
    assert ids.tenant_of(make(*given)) == "acme"


async def test_what_is_sealed_opens_again_and_names_key_and_tenant() -> None:
    codec = Sealing(Keyring.parse(NEW)).with_context(of("sub:acme:s_1"))
    (closed,) = await codec.encode([PLAIN])
    assert sealed(closed)
    assert (closed.metadata["encoding"], closed.metadata["encryption-key-id"]) == (ENCODING, b"k2")
    assert owner(closed) == "acme"
    assert b"pagado" not in closed.SerializeToString()
    assert await codec.encode([closed]) == [closed]
    # Whoever opens need not know whose it is: a schedule's process is asked for under another id than it gets.
    assert await Sealing(Keyring.parse(NEW)).decode([closed]) == [PLAIN]


async def test_an_activity_speaks_for_the_tenant_of_its_process() -> None:
    context = ActivitySerializationContext("perdura", "1", "charge", "perdura", "dunning:acme:in_1", "Dunning", False)
    (closed,) = await Sealing(Keyring.parse(NEW)).with_context(context).encode([PLAIN])
    assert owner(closed) == "acme"


async def test_a_payload_cannot_be_passed_off_as_another_tenants() -> None:
    codec = Sealing(Keyring.parse(NEW))
    (closed,) = await codec.with_context(of("sub:acme:s_1")).encode([PLAIN])
    closed.metadata["perdura-tenant"] = b"other"
    with pytest.raises(Unsealable):
        await codec.decode([closed])
    del closed.metadata["perdura-tenant"]
    with pytest.raises(Unsealable):
        await codec.decode([closed])


async def test_a_changed_payload_does_not_open() -> None:
    codec = Sealing(Keyring.parse(NEW))
    (closed,) = await codec.encode([PLAIN])
    closed.data = closed.data[:-1] + bytes([closed.data[-1] ^ 1])
    with pytest.raises(Unsealable):
        await codec.decode([closed])


async def test_keys_rotate_old_payloads_open_until_their_key_is_dropped() -> None:
    (before,) = await Sealing(Keyring.parse(OLD)).encode([PLAIN])
    both = Sealing(Keyring.parse(f"{NEW},{OLD}"))
    (after,) = await both.encode([PLAIN])
    assert after.metadata["encryption-key-id"] == b"k2"
    assert await both.decode([before, after]) == [PLAIN, PLAIN]
    with pytest.raises(Unsealable, match="k1"):
        await Sealing(Keyring.parse(NEW)).decode([before])


async def test_what_was_never_sealed_passes_as_it_is() -> None:
    assert await Sealing(Keyring.parse(NEW)).decode([PLAIN]) == [PLAIN]


async def test_the_text_of_a_failure_is_sealed_and_its_type_is_not() -> None:
    converter, told = sealing_converter(Keyring.parse(NEW)), Failure()
    await converter.encode_failure(ApplicationError("no such RFC: XAXX010101000", "detail", type="Refused"), told)
    assert (told.message, told.stack_trace, told.application_failure_info.type) == ("Encoded failure", "", "Refused")
    assert b"XAXX" not in told.SerializeToString()
    assert b"detail" not in told.SerializeToString()
    error = await converter.decode_failure(told)
    assert "XAXX010101000" in str(error)


# --- on a real server

ACTOR, REASON = "sofia.ibarra", "viaja hasta el viernes"
DECLINE, TEXT = "insufficient_funds", "the provider will not do this"  # a failure's own words
KNOWN = (ACTOR, REASON, DECLINE, TEXT, "https://pay.test", "pm_card_of_hers", "spei", "rastreo-77", "unpaid")


async def kept(client: Client, process: str) -> list[Message]:
    """All that Temporal keeps of a process, as whoever has no key sees it: history and description."""
    handle: WorkflowHandle[object, object] = client.get_workflow_handle(process)
    described = await handle.describe()
    return [described.raw_description, *(await handle.fetch_history()).events]


def payloads(message: Message) -> list[Payload]:
    """Every payload inside a message, however deep, but search attributes, which are in clear and say nothing personal."""
    if isinstance(message, Payload):
        return [message]
    found: list[Payload] = []
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE or field.name in ("search_attributes", "indexed_fields"):
            continue
        if field.message_type.GetOptions().map_entry:
            parts = [part for part in value.values() if isinstance(part, Message)]
        else:
            parts = list(value) if isinstance(value, Sequence) else [value]
        found += [payload for part in parts for payload in payloads(part)]
    return found


# What temporalio's core notes about a local activity, beside its sealed result: numbers, instants and the name of the activity.
BOOKKEEPING = {"seq", "attempt", "activity_id", "activity_type", "complete_time", "backoff", "original_schedule_time"}
BOOKKEEPING |= {"activation_index"}
BOOKKEEPING |= {"id", "deprecated"}  # of a patch: the name by which our sources ask for it


def bookkeeping(payload: Payload) -> bool:
    return payload.metadata["encoding"] == b"json/plain" and json.loads(payload.data).keys() <= BOOKKEEPING


@pytest.fixture
async def lived(stage: Stage) -> AsyncIterator[tuple[Stage, list[str]]]:
    """A subscription with an unpaid invoice that support had its hands on; the ids of its two processes."""
    name, door = f"s_{uuid.uuid4().hex[:8]}", Interface(stage.still, queue=stage.queue)
    stage.processes.behind = door
    async with stage.working(SubscriptionWorkflow, DunningWorkflow, SilentInvoicing, NoticeWorkflow):
        stage.payments.word = provider(datetime.now(UTC))
        start = SubscriptionStart("acme", name, "clinic-7", "pro", PRICE, Calendar(), payment_method="pm_card_of_hers")
        assert await door.start_subscription(start) is not None
        stage.payments.refusals = 1
        with pytest.raises(CommandRefused, match=TEXT):
            await door.command_subscription("acme", name, SubscriptionCommand.PAUSE, Command(ACTOR, REASON))
        invoice = f"in_{name}"
        stage.payments.add(overdue(invoice, datetime.now(UTC)))
        assert await door.report_news("acme", name, ProviderNews("evt_1", "invoice.payment_failed"))
        await eventually(lambda: invoice in stage.store.case_rows)
        await door.command_case("acme", invoice, CaseCommand.EXTEND_GRACE, Days(ACTOR, REASON, days=2))
        await door.command_case("acme", invoice, CaseCommand.RETRY_NOW, Command(ACTOR, REASON))
        with pytest.raises(CommandRefused, match="actor"):
            await door.command_case("acme", invoice, CaseCommand.RETRY_NOW, Command("", ""))
        paid = ExternalPayment(ACTOR, REASON, method="spei", reference="rastreo-77")
        await door.command_case("acme", invoice, CaseCommand.RECORD_PAYMENT, paid)
        ids = [f"sub:acme:{name}", f"dunning:acme:{invoice}"]
        await stage.client.get_workflow_handle(ids[1]).result()
        yield stage, ids
        await stage.client.get_workflow_handle(ids[0]).terminate(REASON[:0])


async def test_nothing_readable_is_left_in_temporal(lived: tuple[Stage, list[str]]) -> None:
    stage, ids = lived
    target, namespace = stage.client.service_client.config.target_host, stage.client.namespace
    blind = await Client.connect(target, namespace=namespace)
    for process in ids:
        messages = await kept(blind, process)
        raw = b"\n".join(message.SerializeToString() for message in messages)
        assert [word for word in KNOWN if word.encode() in raw] == [], process
        inside = [payload for message in messages for payload in payloads(message) if not bookkeeping(payload)]
        assert len(inside) > 20
        assert [payload for payload in inside if not sealed(payload)] == [], process
        assert {owner(payload) for payload in inside} == {"acme"}


async def test_whoever_has_the_key_reads_every_word(lived: tuple[Stage, list[str]]) -> None:
    stage, ids = lived
    codec, read = Sealing(KEYRING), b""
    for process in ids:
        for message in await kept(stage.client, process):
            read += b"\n".join(codec.opened(payload).data for payload in payloads(message))
    assert [word for word in KNOWN if word.encode() not in read] == []


@workflow.defn(sandboxed=False)
class Told:
    """Says what it was told."""

    @workflow.run
    async def run(self, word: str) -> str:
        return word


async def complaints(process: WorkflowHandle[object, object]) -> list[str]:
    """Why the tasks of a process failed."""
    events = (await process.fetch_history()).events
    return [event.workflow_task_failed_event_attributes.failure.message for event in events]


async def test_a_key_dropped_too_early_holds_a_process_until_it_is_back(stage: Stage) -> None:
    target, namespace = stage.client.service_client.config.target_host, stage.client.namespace

    async def knowing(*keys: str) -> Client:
        converter = sealing_converter(Keyring.parse(",".join(keys)))
        return await Client.connect(target, namespace=namespace, data_converter=converter)

    before, after = await knowing(OLD), await knowing(NEW)
    process = await before.start_workflow("Told", "a word", id=f"sub:acme:{uuid.uuid4().hex}", task_queue=stage.queue)

    async def refused() -> bool:
        return any(await complaints(process))

    async with Worker(after, task_queue=stage.queue, workflows=[Told]):
        await eventually(refused)
    both = await knowing(NEW, OLD)
    async with Worker(both, task_queue=stage.queue, workflows=[Told]):
        assert await both.get_workflow_handle(process.id).result() == "a word"
