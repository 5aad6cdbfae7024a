"""Links in messages: they open for whoever holds them, lead to a fresh page, and say kindly when there is nothing to do."""

from dataclasses import replace

from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument
from models.collecting.cases import Stage
from models.money import Money
from models.records import CaseRecord
from models.safekeeping.rotating_secret import RotatingSecret
from models.speaking.links import Purpose, link
from models.subscribing.subscriptions import Status
from tests.api.conftest import LINK_KEY, NOW, PUBLIC, World, unpaid


def path(purpose: Purpose, subject: str, *, key: RotatingSecret = LINK_KEY, tenant: str = "acme") -> str:
    return link(PUBLIC, key, purpose, tenant, subject).removeprefix(PUBLIC)


async def in_dunning(world: World, **changes: object) -> str:
    subscription = await world.signed_up(**changes)
    await world.store.save_case(
        CaseRecord("acme", "in_1", subscription, Money(14_900), Stage.SUSPENDED, "ruthless v1", NOW)
    )
    world.payments.invoices["in_1"] = unpaid()
    return subscription


async def test_pay_link_leads_to_our_own_page_of_what_is_owed(world: World) -> None:
    address = path(Purpose.PAY, await in_dunning(world))
    answer = await world.http.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, address.replace("/go/", "/pagar/"))
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_card_link_leads_to_a_fresh_portal_until_the_subscription_is_over(world: World) -> None:
    subscription = await world.signed_up()
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_provider_customer("acme", record.customer, "cus_1")
    answer = await world.http.get(path(Purpose.CARD, subscription))
    assert answer.headers["location"] == f"https://portal.example/cus_1?back={PUBLIC}"
    await world.store.save_subscription(replace(record, status=Status.CANCELED))
    over = await world.http.get(path(Purpose.CARD, subscription))
    assert (over.status_code, "Esta suscripción ya terminó" in over.text) == (200, True)


async def test_bad_link_gets_a_page_in_both_languages(world: World) -> None:
    subscription = await in_dunning(world)
    good = path(Purpose.PAY, subscription)
    forged = path(Purpose.PAY, subscription, key=RotatingSecret.parse("another key of sixteen"))
    nobody = path(Purpose.PAY, "s_nobody")
    elsewhere = path(Purpose.PAY, subscription, tenant="other")
    for bad in ("/go/x", "/go/%00", "/go/ñ.ñ", good[:-2], forged, nobody, elsewhere):
        bad = bad.replace("/go/", "/pagar/") if bad in (nobody, elsewhere) else bad
        answer = await world.http.get(bad)
        assert answer.status_code == 404, bad
        assert "Este enlace no es válido" in answer.text
        assert "This link is not valid" in answer.text


class TestDocuments:
    async def _stamped(self, world: World) -> tuple[str, TaxDocument]:
        subscription = await world.signed_up()
        document = TaxDocument(
            "acme", "ch_1", DocumentKind.INCOME, 1, subscription, DocumentState.RENDERED, Money(14_900), NOW, NOW, NOW
        )
        document = replace(document, uuid="5E2A9F0C", stamped_at=NOW)
        await world.store.save_document(document)
        return subscription, document

    async def test_listed_links_open_the_files_without_a_key(self, world: World) -> None:
        subscription, document = await self._stamped(world)
        await world.store.save_file("acme", document.key, DocumentFile.PDF, b"%PDF-1.7")
        await world.store.save_file("acme", document.key, DocumentFile.XML, b"<cfdi/>")
        (shown,) = (await world.get(f"/v1/documents?subscription={subscription}")).json()
        assert (shown["key"], shown["uuid"], shown["state"]) == (document.key, "5E2A9F0C", "rendered")
        for address, kind, content in (
            (shown["pdf_url"], "application/pdf", b"%PDF-1.7"),
            (shown["xml_url"], "application/xml", b"<cfdi/>"),
        ):
            answer = await world.http.get(address)
            assert (answer.status_code, answer.content) == (200, content)
            assert answer.headers["content-type"].startswith(kind)
            assert "5E2A9F0C" in answer.headers["content-disposition"]
            assert (await world.http.head(address)).status_code == 200

    async def test_file_that_is_not_made_yet_is_told_kindly(self, world: World) -> None:
        _, document = await self._stamped(world)
        answer = await world.http.get(path(Purpose.PDF, document.key))
        assert answer.status_code == 404
        assert "aún no está lista" in answer.text

    async def test_document_not_stamped_has_no_links(self, world: World) -> None:
        subscription, document = await self._stamped(world)
        waiting = replace(
            document, version=2, uuid="", state=DocumentState.REJECTED, field="tax_id", message="not in the SAT's list"
        )
        await world.store.save_document(waiting)
        shown = (await world.get(f"/v1/documents?subscription={subscription}")).json()
        (rejected,) = [view for view in shown if view["version"] == 2]
        assert (rejected["pdf_url"], rejected["refusal"]) == ("", "tax_id: not in the SAT's list")

    async def test_documents_of_nobody_are_missing(self, world: World) -> None:
        assert (await world.get("/v1/documents?subscription=s_nobody")).status_code == 404
        assert (await world.get("/v1/documents")).status_code == 422
