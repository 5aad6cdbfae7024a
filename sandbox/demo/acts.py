"""What each subscriber does, through the same pages, links and HTTP calls a person or a shop would use."""

from collections.abc import Awaitable, Callable

from sandbox.browser import PageLost
from sandbox.demo.scene import Person
from sandbox.obstacle import Obstacle
from sandbox.shop import MONTHLY

SUPPORT = "sofia@soporte"


async def signs_up(person: Person) -> None:
    """At the shop, with a card. Raises Obstacle when the shop says no."""
    role = person.role
    person.does(f"signs up for {role.plan.name} with {role.card.removeprefix('pm_card_')}")
    answer = await person.scene.shop.sign_up(role)
    if answer.status_code != 201:
        raise Obstacle(f"{role.name}: the signup was answered {answer.status_code}: {answer.text}")
    person.life.view = answer.json()


async def lives_quietly(person: Person) -> None:
    """Ana: the card is good; she does nothing at all."""
    await signs_up(person)
    await person.scene.until(lambda: invoices_received(person) >= 2, 40, f"{person.role.name}: two tax invoices")


async def tops_up(person: Person) -> None:
    """Bruno: his account is empty for the first two attempts."""
    await signs_up(person)
    await person.scene.outside.refuse_charges(person.role.email, "insufficient_funds", 2)
    await person.stands("past_due", 9)
    person.does("moves money to his account between two retries")
    await person.stands("active", 5)


async def pays_by_link(person: Person) -> None:
    """Carla: reacts when the service is gone."""
    await signs_up(person)
    link = await person.reads("está suspendido", 12)
    page = await person.browser.follow(await person.opens(link), "tarjeta")
    person.does("opens the link in the WhatsApp and pays with another card")
    await person.browser.press(page, "Pagar", card="pm_card_visa")
    await person.stands("active", 5)


async def never_pays(person: Person) -> None:
    """Diego: reads nothing."""
    await signs_up(person)
    await person.stands("canceled", 40)


async def changes_card(person: Person) -> None:
    """Elena: her bank will not take the lost card again; she gives another one when the service is gone."""
    await signs_up(person)
    await person.stands("suspended", 12)
    page = await person.opens(await person.reads("Update your card here", 1))
    person.does("opens the link of an earlier WhatsApp and gives her new card")
    await person.browser.press(page, "Change card", card="pm_card_mastercard")
    await person.stands("active", 5)


async def asks_for_time(person: Person) -> None:
    """Fabián: calls support, and pays by bank transfer later."""
    await signs_up(person)
    await person.reads("sigue pendiente", 10)
    shop, mine = person.scene.shop, person.life.subscription
    person.does("calls support, who gives him three more days")
    await shop.order(mine, "extend_grace", actor=SUPPORT, reason="gets paid on Friday", days=3)
    began = person.scene.day
    # Without them, service would end two days after that message.
    await person.scene.until(lambda: person.scene.day > began + 2.2, 4, f"{person.role.name}: three days")
    person.does("pays by SPEI; support records the transfer")
    await shop.order(
        mine,
        "record_external_payment",
        actor=SUPPORT,
        reason="transfer seen in the bank account",
        method="spei",
        reference="2026112140014BMOV0000123456",
    )
    await person.stands("active", 5)


async def changes_her_mind(person: Person) -> None:
    """Gabi: subscribes on the hosted page and cancels before the trial ends."""
    shop = person.scene.shop
    person.does("signs up on the checkout page")
    while True:
        page = await person.opens((await shop.checkout(person.role))["url"])
        try:
            await person.browser.press(
                page, "Continue", card=person.role.card, email=person.role.email, name=person.role.name
            )
            break
        except PageLost:  # the page is good for a day, which is short here when the machine is busy
            person.does("finds the checkout page expired and asks for another one")
            await person.stands("canceled", 3)
            person.life.visited.clear()
    await person.stands("trialing", 3)
    portal = await person.opens(await shop.portal(person.life.subscription))
    person.does("cancels on the portal page")
    await person.browser.press(portal, "Cancel at period end")
    await person.stands("canceled", 10)


async def is_refused(person: Person) -> None:
    """Hugo: the bank refuses the first charge."""
    person.does(f"signs up for {person.role.plan.name} with an empty account")
    answer = await person.scene.shop.sign_up(person.role)
    if answer.status_code != 402:
        raise Obstacle(
            f"{person.role.name}: the refused card was answered {answer.status_code}, not 402: {answer.text}"
        )
    person.does("is told that the bank refused the card")


async def pays_in_an_outage(person: Person) -> None:
    """Inés: while the PAC is down. Her service starts at once; the tax invoice comes later, once."""
    await person.scene.outside.pac_down(3)
    await signs_up(person)
    person.does("has service at once, while the PAC is down")
    await person.scene.until(lambda: invoices_received(person) >= 1, 20, f"{person.role.name}: a tax invoice")


async def uses_her_plan(person: Person) -> None:
    """Julia: a year of care for her cat is paid; what it includes is counted down."""
    await signs_up(person)
    await person.stands("active", 5)
    shop = person.scene.shop
    for service in ("consulta", "vacunacion", "consulta"):
        told = await shop.use(person.role, service)
        if told is None:
            raise Obstacle(f"{person.role.name}: {service} was refused, though the plan includes it")
        left = "" if told["left"] is None else f", {told['left']} left"
        person.does(f"brings her cat: {service}{left}")
        await person.scene.until_day(person.scene.day + 1)
    if await shop.use(person.role, "consulta") is not None:
        raise Obstacle(f"{person.role.name}: a third consulta was counted where two are included")
    person.does("is told that the third check-up is not included")


async def downgrades(person: Person) -> None:
    """Karla: pays for more than she needs. She sees what she would lose, confirms it, and has the cheaper plan with her next period."""
    await signs_up(person)
    await person.stands("active", 5)
    shop, mine = person.scene.shop, person.life.subscription
    shown = await shop.preview_change(mine, MONTHLY)
    person.does(f"is shown {MONTHLY.name}: nothing to pay now, {shown['price_after']['text']} from the next period on")
    await shop.confirm_change(mine, shown["confirmation"])
    person.does("confirms it; the summary comes by WhatsApp")
    await person.reads(MONTHLY.name, 10)
    await person.scene.until(
        lambda: person.life.view.get("plan") == MONTHLY.code, 34, f"{person.role.name}: {MONTHLY.name}"
    )
    person.does(f"has {MONTHLY.name} with the period that begins")
    await person.scene.until(lambda: invoices_received(person) >= 2, 10, f"{person.role.name}: two tax invoices")


def invoices_received(person: Person) -> int:
    """Mails with a tax invoice attached."""
    mine = [e for e in person.scene.mailbox if e["channel"] == "email" and person.role.email in e["to"]]
    return sum(len(mail["attachments"]) == 2 for mail in mine)


SCRIPTS: dict[str, Callable[[Person], Awaitable[None]]] = {
    "ana": lives_quietly,
    "bruno": tops_up,
    "carla": pays_by_link,
    "diego": never_pays,
    "elena": changes_card,
    "fabian": asks_for_time,
    "gabi": changes_her_mind,
    "hugo": is_refused,
    "ines": pays_in_an_outage,
    "julia": uses_her_plan,
    "karla": downgrades,
}
