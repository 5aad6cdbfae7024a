"""Two businesses of which one has a thing of every kind, and what a caller may know of them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from activities.drawing_up import drawn_up
from models.access.keys import issue
from models.access.permissions import Role, Scope
from models.agreements.legal import LegalKind
from models.billing.bills import Bill, BillLine
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.pac_accounts import PacName
from models.changing.stay_offers import Cause
from models.collecting.cases import Case, Stage
from models.kpis.definitions import Kpi
from models.kpis.evidence import Round
from models.money import Money
from models.periods import Calendar
from models.policies.presets import preset, preset_page
from models.records import CaseRecord, Delivery, NoticeRecord
from models.safekeeping import deletions
from models.safekeeping.deletions import Certificate, Deletion
from models.selling.plans import Plan
from models.speaking.links import Purpose, link
from models.speaking.notices import Channel, NoticeKind
from models.speaking.replies import Meaning, Reply
from models.subscribing.subscriptions import Status, Subscription
from models.telling.endpoints import Endpoint, fresh_secret
from models.watching.attention import Finding, Rule
from models.words import Words
from tests.api.conftest import ANA, LINK_KEY, NOW, PUBLIC, World, unpaid
from tests.api.credentials import person
from tests.api.test_brand import ACUARIO
from tests.api.test_issuer import GOOD

REFERENCE = str(ANA["customer_reference"])
FOUND = Finding("acme", Rule.CFDI_HELD, "ch_rejected/income/v1", "held")  # what somebody may acknowledge
NOTICE = "in_1/payment_failed"
FOLIO = "00000001-6F0E-4A73-9A35-1F4D6B1F9B11"


@dataclass(frozen=True)
class Known:
    """What a caller may know: a subscription of theirs and of another tenant, keys, and a link."""

    mine: str
    theirs: str
    key: str
    other_key: str
    link: str
    user: str
    spare: str  # a key that nobody uses
    pet: str
    decision: str
    bill: str
    ticket: str
    written: dict[str, str]  # of the customer: a contact, an opportunity, a task

    def at(self, path: str) -> dict[str, str]:
        """What stands for each parameter of a path: a thing of ours, or a word of a closed set. A new parameter wants a new entry."""
        documents = {"cancel": "ch_stamped", "claim": "ch_public"}
        orders = {
            "/console/subscriptions": "suspend-now",
            "/console/cases": "retry-now",
            "/console/invoices/{source}/order": "retry",
            "/console/invoices/{source}/money": "cancel",
            "/console/bills/{bill}/order": "issue",
            "/console/bills/{bill}/money": "void",
        }
        parts = path.split("/")
        return {
            "subscription": self.mine,
            "source": documents.get(parts[-1], "ch_stamped" if "money" in parts else "ch_rejected"),
            "finding": FOUND.id,
            "round": "r-1",
            "endpoint": "we_spare" if path.endswith("/remove") else "we_known",
            "reply": "SM1",
            "invoice": "in_1",
            "user": self.user,
            "key": self.spare,
            "key:path": NOTICE,
            "channel": Channel.WHATSAPP.value,
            "customer": REFERENCE,
            "reference": REFERENCE,
            "pet": self.pet,
            "decision": self.decision,
            "deletion": "del_1",
            "name": "ours" if "policies" in parts else PacName.SW.value,
            "version": "1",
            "bill": "b_left" if path.endswith(("/issue", "/order/{order}")) else self.bill,
            "ticket": self.ticket,
            **self.written,
            "cause": Cause.DOWNGRADE.value,
            "tenant": "acme",
            "plan": "pro",
            "kind": LegalKind.TERMS.value,
            "text": LegalKind.TERMS.path,
            "kpi": Kpi.MRR.value,
            "order": next((order for start, order in orders.items() if path.startswith(start)), ""),
            "rest:path": "nothing",
        }


async def has_left(world: World) -> None:
    """A customer whose data were deleted, with the certificate of it."""
    left = await world.signed_up(customer_reference="user-0007", email="left@example.mx")
    record = await world.store.subscription("acme", left)
    assert record is not None
    await world.store.save_subscription(replace(record, status=Status.CANCELED))
    day = NOW + timedelta(days=30)
    deletion = Deletion("acme", "del_1", record.customer, left, deletions.Cause.CANCELED, NOW, "ana", "policy", day)
    await world.store.save_deletion(deletion)
    await world.store.keep_certificate("acme", "del_1", Certificate('{"deletion":"del_1"}', "d1", b"%PDF-1"))


async def acquainted(world: World) -> Known:
    """Two tenants with a subscription each; ours owes an invoice, and has a document refused, one without RFC and one stamped."""
    mine = await world.signed_up()
    await world.store.save_case(CaseRecord("acme", "in_1", mine, Money(14_900), Stage.GRACE, "ruthless v1", NOW))
    world.door.cases["in_1"] = Case("in_1", Money(14_900), NOW, preset("ruthless"), Calendar())
    world.payments.invoices["in_1"] = unpaid()
    world.door.subscriptions[mine] = Subscription(Status.ACTIVE, "sub_1", "active")
    record = await world.store.subscription("acme", mine)
    assert record is not None
    await world.store.save_provider_customer("acme", record.customer, "cus_1")
    paid = replace(record, status=Status.ACTIVE, period_start=NOW, period_end=NOW + timedelta(days=30))
    await world.store.save_subscription(paid)
    await world.store.save_plan(Plan("acme", "max", "Max", Money(29_900)))
    documents = (
        ("ch_rejected", "rejected", ""),
        ("ch_public", "general_public", ""),
        ("ch_stamped", "delivered", FOLIO),
    )
    for source, state, stamp in documents:
        await world.store.save_document(
            TaxDocument(
                tenant="acme",
                source=source,
                kind=DocumentKind.INCOME,
                version=1,
                subscription=mine,
                state=DocumentState(state),
                total=Money(14_900),
                issued_at=NOW,
                created_at=NOW,
                updated_at=NOW,
                seal=stamp,
                uuid=stamp,
            )
        )
    await world.put("/v1/brand", ACUARIO)
    await world.put("/v1/issuer", GOOD)
    await world.put("/v1/issuer/pac", {"name": "sw", "credentials": {"token": "t"}})
    await world.store.publish_text("acme", LegalKind.TERMS, Words("## Todo"), NOW)
    await world.store.keep_finding(FOUND, at=NOW)
    await world.store.keep_round(Round("acme", "r-1", NOW.date(), NOW.date(), NOW, "ana", "0" * 64, 3), b"zip")
    told = NoticeRecord(
        "acme", NOTICE, Channel.WHATSAPP, NoticeKind.PAYMENT_FAILED, mine, Delivery.FAILED, "Hola Ana", NOW
    )
    await world.store.save_notice(told)
    for page in ("gentle-28d", "ruthless"):  # two versions
        await world.store.add_policy("acme", preset_page(page).replace(page, "ours"), "ana")
    await has_left(world)
    await world.store.add_reply(Reply("acme", "SM1", record.customer, Channel.SMS, "hola", Meaning.OTHER, NOW))
    other = await world.store.issue_key("other")
    headers = {"Authorization": f"Bearer {other}"}
    body = {
        **ANA,
        "customer_reference": "user-2077",
        "email": "otra@example.mx",
        "name": "Otra",
        "phone": "55 8765 4321",
    }
    theirs = (await world.http.post("/v1/subscriptions", json=body, headers=headers)).json()["id"]
    user = await person(world, Role.VIEWER)
    spare, secret = issue("acme", "spare", frozenset({Scope.READ}), NOW)
    await world.store.add_key(spare, secret)
    for endpoint in ("we_known", "we_spare"):
        await world.store.add_endpoint(Endpoint("acme", endpoint, "https://acme.example/hooks", NOW, fresh_secret()))
    pet = (await world.post(f"/v1/customers/{REFERENCE}/pets", {"name": "Luna", "species": "perro"})).json()["id"]
    noted = {"what": "kept", "subscription": mine, "channel": "phone", "actor": "ana"}
    decision = (await world.post("/v1/decisions", noted)).json()["id"]
    sold = {"customer_reference": REFERENCE, "lines": [{"description": "Baño", "price": 30_000}]}
    bill = (await world.post("/v1/bills", sold)).json()["id"]
    left = Bill("acme", "b_left", record.customer, (BillLine("Baño", 1, 30_000),), NOW)  # its order met an outage
    await drawn_up(world.store, left, Calendar())
    asked = {"subscription": mine, "text": "¿Por qué dos cargos?"}
    ticket = (await world.post("/v1/tickets", asked)).json()["id"]
    written = {}
    for name, path, order in (
        ("contact", "contactos", {"name": "María Ruiz"}),
        ("opportunity", "oportunidades", {"name": "A", "amount": 100, "probability": 65, "closes": "2026-12-20"}),
        ("task", "tareas", {"text": "llamar", "due_at": NOW.isoformat()}),
    ):
        written[name] = (await world.post(f"/api/clientes/{REFERENCE}/{path}", order)).json()["id"]
    pay = link(PUBLIC, LINK_KEY, Purpose.PAY, "acme", mine)
    return Known(mine, theirs, world.key, other, pay, user.id, spare.id, pet, decision, bill, ticket, written)
