"""The tax invoice's verbs may run twice, and break off anywhere: one document, one stamp, one e-mail."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from activities.composing import Links
from activities.dossier import DocumentRef
from activities.drafting import SealOrder
from activities.failures import Expired, Missing, Refused, Rejected, Unavailable
from activities.fiscal import Fiscal, InvoiceReport
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, Relation
from models.cfdi.fiscal import Receiver
from models.cfdi.taxes import Taxes
from models.money import Money
from models.periods import Calendar
from models.records import AuditEntry, Delivery
from models.speaking.notices import Channel, NoticeKind, NoticeRequest
from models.subscribing.invoices import Charge, Funding
from tests.fakes.documents import FakeDocuments
from tests.fakes.mail import FakeFiscalMail
from tests.fakes.pac import FakePac
from tests.fakes.processes import FakeProcesses
from tests.fakes.renderer import FakeRenderer
from tests.fakes.sealer import FakeSealer
from tests.fakes.store import FakeFiscalStore
from tests.keys import LINK_SECRET
from tests.samples import ANA

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
CHARGE = Charge("ch_1", Money(14_900), NOW - timedelta(minutes=2), Funding.CREDIT)
ORDER = SealOrder(tenant="acme", subscription="sub_1", source="ch_1", charge=CHARGE, version=1, now=NOW)
REF = DocumentRef("acme", "ch_1/income/v1")
NOTICE = NoticeRequest(
    tenant="acme",
    key="ch_1/cfdi",
    kind=NoticeKind.TAX_INVOICE,
    subscription="sub_1",
    calendar=Calendar(),
    amount=Money(14_900),
    document=REF.key,
)


class Hands:
    """The verbs and the fakes behind them."""

    def __init__(self) -> None:
        self.store, self.documents, self.sealer = FakeFiscalStore(), FakeDocuments(), FakeSealer()
        self.pac, self.mail, self.processes = FakePac(), FakeFiscalMail(), FakeProcesses()
        self.fiscal = Fiscal(
            store=self.store,
            documents=self.documents,
            sealer=self.sealer,
            pac=self.pac,
            renderer=FakeRenderer(),
            mail=self.mail,
            processes=self.processes,
            links=Links("https://perdura.test", LINK_SECRET),
        )


@pytest.fixture
def hands() -> Hands:
    return Hands()


async def test_sealing_twice_keeps_the_first_bytes(hands: Hands) -> None:
    first = await hands.fiscal.seal_invoice(ORDER)
    later = replace(ORDER, now=NOW + timedelta(days=4))  # by now the date would be another
    assert await hands.fiscal.seal_invoice(later) == first
    assert len(hands.sealer.drafts) == 1


async def test_the_date_is_the_charge_s_in_the_issuer_s_zone(hands: Hands) -> None:
    standing = await hands.fiscal.seal_invoice(ORDER)
    assert standing.issued_at == CHARGE.created
    assert hands.sealer.drafts[0].issued.isoformat() == "2026-11-20T12:28:00"


async def test_bytes_are_kept_before_they_are_sent(hands: Hands) -> None:
    await hands.fiscal.seal_invoice(ORDER)
    assert hands.documents.files[REF.key, DocumentFile.SEALED]
    assert hands.pac.asked == []


async def test_stamping_twice_asks_the_pac_once(hands: Hands) -> None:
    await hands.fiscal.seal_invoice(ORDER)
    first = await hands.fiscal.stamp_invoice(REF)
    assert (await hands.fiscal.stamp_invoice(REF)).uuid == first.uuid == "UUID-1"
    assert len(hands.pac.asked) == 1


async def test_the_books_are_told_the_taxes_of_a_stamped_document_before_anybody_is_told_that_it_is_stamped(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hands.fiscal.seal_invoice(ORDER)

    async def crash(*told: object) -> int:
        raise Unavailable("the worker died")

    with monkeypatch.context() as patched:
        patched.setattr(hands.store, "restate", crash)
        with pytest.raises(Unavailable):
            await hands.fiscal.stamp_invoice(REF)
    assert hands.documents.rows[REF.key].state is DocumentState.SENDING, "so it is done again"
    await hands.fiscal.stamp_invoice(REF)
    (told,) = hands.store.restated
    assert (told.source, told.total, told.taxes) == ("ch_1", Money(14_900), Taxes(vat=2_055))
    assert len(hands.pac.stamped) == 1


async def test_a_stamp_whose_answer_was_lost_is_found_again(hands: Hands) -> None:
    hands.pac.script = ["lost"]
    await hands.fiscal.seal_invoice(ORDER)
    with pytest.raises(Unavailable):
        await hands.fiscal.stamp_invoice(REF)
    assert hands.documents.rows[REF.key].state is DocumentState.SENDING
    assert (await hands.fiscal.stamp_invoice(REF)).uuid == "UUID-1"
    assert len(hands.pac.stamped) == 1


async def test_nothing_is_sent_that_was_not_sealed(hands: Hands) -> None:
    with pytest.raises(Missing):
        await hands.fiscal.stamp_invoice(REF)


async def test_a_refused_field_is_kept_and_the_customer_s_name_stays_in_sql(hands: Hands) -> None:
    hands.pac.script = [Rejected("the name", "CFDI40145", field="legal_name", text="El campo Nombre ANA CRUZ…")]
    await hands.fiscal.seal_invoice(ORDER)
    standing = await hands.fiscal.stamp_invoice(REF)
    assert (standing.state, standing.field, standing.code) == (DocumentState.REJECTED, "legal_name", "CFDI40145")
    assert "ANA" not in repr(standing)
    assert hands.documents.rows[REF.key].message == "El campo Nombre ANA CRUZ…"


async def test_too_old_is_said_as_such(hands: Hands) -> None:
    hands.pac.script = [Expired("72 h", "401")]
    await hands.fiscal.seal_invoice(ORDER)
    standing = await hands.fiscal.stamp_invoice(REF)
    assert (standing.expired, standing.state) == (True, DocumentState.REJECTED)


async def test_a_foreign_receiver_waits_for_a_person(hands: Hands) -> None:
    hands.store.receiver = Receiver("XEXX010101000", "ANN", "616", "06600")
    standing = await hands.fiscal.seal_invoice(ORDER)
    assert (standing.state, standing.field) == (DocumentState.WAITING_DATA, "tax_id")
    hands.store.receiver = ANA
    assert (await hands.fiscal.seal_invoice(ORDER)).state is DocumentState.SEALED


async def test_the_e_mail_carries_both_files_and_goes_once(hands: Hands) -> None:
    await hands.fiscal.seal_invoice(ORDER)
    await hands.fiscal.stamp_invoice(REF)
    await hands.fiscal.render_invoice(REF)
    for _ in range(3):
        standing = await hands.fiscal.deliver_invoice(NOTICE)
        assert standing.state is DocumentState.DELIVERED
    assert hands.mail.sends == 1
    assert hands.mail.attachments == {"acme/ch_1/cfdi": ["UUID-1.xml", "UUID-1.pdf"]}


async def test_a_refused_mailbox_is_told_and_can_be_tried_again(hands: Hands) -> None:
    hands.mail.failures = [Refused("no such mailbox", "550")]
    await hands.fiscal.seal_invoice(ORDER)
    await hands.fiscal.stamp_invoice(REF)
    await hands.fiscal.render_invoice(REF)
    standing = await hands.fiscal.deliver_invoice(NOTICE)
    assert (standing.state, standing.field, standing.code) == (DocumentState.RENDERED, "email", "550")
    assert hands.store.notices["ch_1/cfdi", Channel.EMAIL].delivery is Delivery.FAILED
    assert (await hands.fiscal.deliver_invoice(NOTICE)).state is DocumentState.DELIVERED


async def test_rendering_again_does_not_take_a_delivery_back(hands: Hands) -> None:
    await hands.fiscal.seal_invoice(ORDER)
    await hands.fiscal.stamp_invoice(REF)
    await hands.fiscal.render_invoice(REF)
    await hands.fiscal.deliver_invoice(NOTICE)
    assert (await hands.fiscal.render_invoice(REF)).state is DocumentState.DELIVERED


TAKEN_BACK = (
    DocumentState.CANCEL_REQUESTED,
    DocumentState.IN_PROCESS,
    DocumentState.CANCELLED,
    DocumentState.REFUSED,
)


@pytest.mark.parametrize("state", TAKEN_BACK)
async def test_delivering_again_does_not_take_a_cancellation_back(hands: Hands, state: DocumentState) -> None:
    await hands.fiscal.seal_invoice(ORDER)
    await hands.fiscal.stamp_invoice(REF)
    await hands.fiscal.render_invoice(REF)
    await hands.fiscal.deliver_invoice(NOTICE)
    delivered = hands.documents.rows[REF.key]
    hands.documents.rows[REF.key] = replace(delivered, state=state)
    assert (await hands.fiscal.deliver_invoice(NOTICE)).state is state
    assert hands.documents.rows[REF.key] == replace(delivered, state=state)
    assert hands.mail.sends == 1


@pytest.mark.parametrize("state", TAKEN_BACK)
async def test_only_what_is_cancelled_already_is_not_brought_to_anybody(hands: Hands, state: DocumentState) -> None:
    hands.mail.failures = [Refused("no such mailbox", "550")]
    await hands.fiscal.seal_invoice(ORDER)
    await hands.fiscal.stamp_invoice(REF)
    await hands.fiscal.render_invoice(REF)
    await hands.fiscal.deliver_invoice(NOTICE)
    hands.documents.rows[REF.key] = replace(hands.documents.rows[REF.key], state=state)
    standing = await hands.fiscal.deliver_invoice(NOTICE)
    assert (standing.state, standing.field, standing.code) == (state, "", ""), "nothing is left to correct"
    cancelled = state is DocumentState.CANCELLED
    assert (hands.mail.sends, hands.documents.rows[REF.key].delivered_at is None) == (0 if cancelled else 1, cancelled)


async def test_a_sale_that_the_global_invoice_tells_is_not_stamped(hands: Hands) -> None:
    hands.store.receiver = None
    await hands.fiscal.seal_invoice(ORDER)
    told = replace(hands.documents.rows[REF.key], state=DocumentState.IN_GLOBAL, replaces="2026-11/global/v1")
    hands.documents.rows[REF.key] = told
    assert (await hands.fiscal.seal_invoice(ORDER)).state is DocumentState.IN_GLOBAL
    assert (await hands.fiscal.stamp_invoice(REF)).state is DocumentState.IN_GLOBAL
    assert hands.pac.asked == []


@pytest.mark.parametrize("second", [DocumentState.STAMPED, DocumentState.REJECTED, DocumentState.GENERAL_PUBLIC])
async def test_a_version_that_another_has_taken_the_place_of_is_left_alone(hands: Hands, second: DocumentState) -> None:
    hands.pac.script = [Rejected("the name", "CFDI40145", field="legal_name", text="…")]
    await hands.fiscal.seal_invoice(ORDER)
    await hands.fiscal.stamp_invoice(REF)
    hands.store.receiver = None if second is DocumentState.GENERAL_PUBLIC else ANA
    later = await hands.fiscal.seal_invoice(replace(ORDER, version=2))
    if second is DocumentState.STAMPED:
        later = await hands.fiscal.stamp_invoice(DocumentRef("acme", later.key))
    hands.documents.rows[later.key] = replace(hands.documents.rows[later.key], state=second)
    rows = dict(hands.documents.rows)
    standing = await hands.fiscal.seal_invoice(ORDER)
    assert (standing.key, standing.state) == (f"{ORDER.source}/income/v2", second)
    assert hands.documents.rows == rows


async def test_without_a_pdf_nothing_is_mailed(hands: Hands) -> None:
    await hands.fiscal.seal_invoice(ORDER)
    await hands.fiscal.stamp_invoice(REF)
    with pytest.raises(Missing, match="PDF"):
        await hands.fiscal.deliver_invoice(NOTICE)
    assert hands.mail.sends == 0


async def test_a_report_without_a_document_still_tells_the_story(hands: Hands) -> None:
    entry = AuditEntry("acme", "sub_1", "ch_1/cfdi/x", NOW, "ana", "tax invoice: retry", "because")
    await hands.fiscal.record_invoice(InvoiceReport("acme", "", DocumentState.REJECTED, (entry,)))
    assert hands.store.actions == ["tax invoice: retry"]
    assert hands.documents.rows == {}


REFUND = replace(
    ORDER,
    source="re_1",
    charge=Charge("re_1", Money(5_000), NOW, Funding.CREDIT),
    kind=DocumentKind.CREDIT,
    original="ch_1",
)


async def test_a_refund_waits_for_its_invoice_and_then_takes_part_of_it_back(hands: Hands) -> None:
    await hands.fiscal.seal_invoice(ORDER)
    with pytest.raises(Missing, match="not stamped yet"):
        await hands.fiscal.seal_invoice(REFUND)
    await hands.fiscal.stamp_invoice(REF)
    standing = await hands.fiscal.seal_invoice(REFUND)
    assert (standing.key, standing.state) == ("re_1/credit/v1", DocumentState.SEALED)
    credit = hands.sealer.drafts[-1]
    assert (credit.kind, credit.related, credit.use) == (DocumentKind.CREDIT, (Relation("01", "UUID-1"),), "G02")
    assert hands.documents.rows["re_1/credit/v1"].replaces == "UUID-1"


async def test_refunds_together_never_exceed_their_invoice(hands: Hands) -> None:
    await hands.fiscal.seal_invoice(ORDER)
    await hands.fiscal.stamp_invoice(REF)
    for number, centavos in enumerate((5_000, 9_900)):
        order = replace(REFUND, source=f"re_{number}", charge=replace(REFUND.charge, amount=Money(centavos)))
        standing = await hands.fiscal.seal_invoice(order)
        await hands.fiscal.stamp_invoice(DocumentRef("acme", standing.key))
    last = await hands.fiscal.seal_invoice(replace(REFUND, source="re_9", charge=replace(REFUND.charge, id="re_9")))
    assert (last.state, last.field) == (DocumentState.WAITING_DATA, "amount")


async def test_a_refund_of_a_sale_without_rfc_goes_to_the_global_invoice_too(hands: Hands) -> None:
    hands.store.receiver = None
    await hands.fiscal.seal_invoice(ORDER)
    hands.store.receiver = ANA
    assert (await hands.fiscal.seal_invoice(REFUND)).state is DocumentState.GENERAL_PUBLIC


async def test_a_refund_to_another_rfc_than_the_invoice_s_waits_for_a_person(hands: Hands) -> None:
    await hands.fiscal.seal_invoice(ORDER)
    await hands.fiscal.stamp_invoice(REF)
    hands.store.receiver = replace(ANA, rfc="GODE561231GR8")
    standing = await hands.fiscal.seal_invoice(REFUND)
    assert (standing.state, standing.field) == (DocumentState.WAITING_DATA, "tax_id")


async def test_another_currency_waits_for_its_exchange_rate(hands: Hands) -> None:
    standing = await hands.fiscal.seal_invoice(replace(ORDER, charge=replace(CHARGE, amount=Money(14_900, "USD"))))
    assert (standing.state, standing.field) == (DocumentState.WAITING_DATA, "currency")


async def test_with_the_exchange_rate_of_its_day_a_charge_in_dollars_is_invoiced_in_dollars(hands: Hands) -> None:
    dollars = replace(ORDER, charge=replace(CHARGE, amount=Money(14_900, "USD")))
    hands.documents.rates["USD", date(2026, 11, 19)] = 17_000_000  # another day's
    assert (await hands.fiscal.seal_invoice(dollars)).field == "currency"
    hands.documents.rates["USD", date(2026, 11, 20)] = 17_234_500
    assert (await hands.fiscal.seal_invoice(dollars)).state is DocumentState.SEALED
    (draft,) = hands.sealer.drafts
    assert (draft.currency, draft.exchange, draft.lines[0].amount.total) == ("USD", 17_234_500, 14_900)


async def test_a_sale_in_dollars_without_rfc_does_not_get_into_the_pesos_of_the_global_invoice(hands: Hands) -> None:
    hands.store.receiver = None
    hands.documents.rates["USD", date(2026, 11, 20)] = 17_234_500
    standing = await hands.fiscal.seal_invoice(replace(ORDER, charge=replace(CHARGE, amount=Money(14_900, "USD"))))
    assert (standing.state, standing.field) == (DocumentState.WAITING_DATA, "currency")


async def test_a_certificate_that_does_not_open_holds_the_document_until_it_does(hands: Hands) -> None:
    hands.sealer.failures = [Refused("key, password and certificate must belong together", "csd")]
    standing = await hands.fiscal.seal_invoice(ORDER)
    assert (standing.state, standing.field, standing.code) == (DocumentState.WAITING_DATA, "", "csd")
    assert (await hands.fiscal.seal_invoice(ORDER)).state is DocumentState.SEALED


# --- a second PAC


def two_pacs(hands: Hands) -> FakePac:
    hands.pac.other = FakePac(name="finkok")
    return hands.pac.other


async def test_a_pac_that_cannot_stamp_a_document_never_sent_before_is_replaced_by_the_second(hands: Hands) -> None:
    second = two_pacs(hands)
    hands.pac.script = [Refused("no stamps left", "718")]
    await hands.fiscal.seal_invoice(ORDER)
    standing = await hands.fiscal.stamp_invoice(REF)
    assert (standing.uuid, hands.documents.rows[REF.key].pac) == ("UUID-1", "finkok")
    assert (len(hands.pac.stamped), len(second.stamped)) == (0, 1)
    assert second.asked == hands.pac.asked  # the same bytes under the same key


async def test_after_a_lost_answer_the_second_pac_is_asked_only_if_the_first_says_not_stamped(hands: Hands) -> None:
    second = two_pacs(hands)
    hands.pac.script = ["lost", Refused("no stamps left", "718")]
    await hands.fiscal.seal_invoice(ORDER)
    with pytest.raises(Unavailable):
        await hands.fiscal.stamp_invoice(REF)
    # The first has stamped it: whatever it says of its balance, nobody else may.
    assert (await hands.fiscal.stamp_invoice(REF)).state is DocumentState.REJECTED
    assert second.asked == []
    hands.pac.script = []
    assert (await hands.fiscal.stamp_invoice(REF)).uuid == "UUID-1"
    assert second.stamped == {}


@pytest.mark.parametrize(("tells", "asked"), [(True, 1), (False, 0)])
async def test_a_pac_that_cannot_tell_keeps_the_document(hands: Hands, tells: bool, asked: int) -> None:
    second = two_pacs(hands)
    hands.pac.script = [Unavailable("503"), Refused("no stamps left", "718")]
    hands.pac.stamps_known = tells
    await hands.fiscal.seal_invoice(ORDER)
    with pytest.raises(Unavailable):
        await hands.fiscal.stamp_invoice(REF)
    await hands.fiscal.stamp_invoice(REF)
    assert len(second.asked) == asked


@pytest.mark.parametrize("trouble", [Refused("XSD", "301"), Rejected("name", "CFDI40145", field="legal_name")])
async def test_what_is_wrong_with_the_document_is_wrong_everywhere(hands: Hands, trouble: Refused) -> None:
    second = two_pacs(hands)
    hands.pac.script = [trouble]
    await hands.fiscal.seal_invoice(ORDER)
    assert (await hands.fiscal.stamp_invoice(REF)).state is DocumentState.REJECTED
    assert second.asked == []


async def test_a_document_stays_with_the_pac_it_was_sent_to_first(hands: Hands) -> None:
    second = two_pacs(hands)
    await hands.fiscal.seal_invoice(ORDER)
    hands.documents.rows[REF.key] = replace(hands.documents.rows[REF.key], state=DocumentState.SENDING, pac="finkok")
    await hands.fiscal.stamp_invoice(REF)
    assert (len(second.stamped), len(hands.pac.stamped)) == (1, 0)


async def test_a_pac_that_seals_gets_the_document_unsigned_and_its_seal_is_kept(hands: Hands) -> None:
    hands.pac.seals = True
    standing = await hands.fiscal.seal_invoice(ORDER)
    assert hands.documents.rows[standing.key].seal.startswith("draft:")
