"""The demo finds what is wrong: every witness is compared, and a difference is told."""

from typing import Any

import pytest

from models.speaking.notices import NoticeKind
from models.subscribing.subscriptions import Status
from sandbox.demo.cast import CAST, Role
from sandbox.demo.outside import Bank
from sandbox.demo.scene import Life, Scene
from sandbox.demo.screen import differences
from sandbox.demo.witness import verdicts

CARLA = next(role for role in CAST if role.reference == "carla")


class World:
    """Shop and outside in one, telling of Carla what her story must end with."""

    def __init__(self, role: Role) -> None:
        end = role.ending
        self.role = role
        self.view: dict[str, Any] = {"id": "s_1", "customer_reference": role.reference, "status": end.status,
                                     "next_action": "", "next_action_at": None}  # fmt: skip
        self.access: str = end.access
        self.bank_says = Bank(end.paid, end.refused, (), 1)
        self.notices = [kind for kind, count in end.notices.items() for _ in range(count)]
        self.whatsapps = len(self.notices)
        self.stamped = self.delivered = end.documents
        self.mails = [["application/pdf", "application/xml"]] * end.documents

    async def subscriptions(self) -> list[dict[str, Any]]:
        return [self.view]

    async def entitlement(self, _: str) -> dict[str, Any]:
        return {"access": self.access}

    async def timeline(self, _: str) -> list[dict[str, Any]]:
        return [{"kind": "notice", "what": f"{kind} sent by whatsapp"} for kind in self.notices] + [
            {"kind": "notice", "what": "tax_invoice sent by email"},
            {"kind": "notice", "what": "suspended delivered by whatsapp"},
            {"kind": "notice", "what": "canceled to be sent by whatsapp"},  # asked for a moment ago: not told yet
            {"kind": "audit", "what": "status active"},
        ]

    async def documents(self, _: str) -> list[dict[str, Any]]:
        return [{"state": "delivered"}] * self.delivered

    async def bank(self, _: str) -> Bank:
        return self.bank_says

    async def stamps(self) -> list[dict[str, Any]]:
        return [{"receiver": self.role.fiscal[0]}] * self.stamped

    async def mailbox(self) -> list[dict[str, Any]]:
        whatsapps = [
            {"channel": "whatsapp", "to": [f"whatsapp:{self.role.phone}"], "text": "hola"}
            for _ in range(self.whatsapps)
        ]
        mails = [
            {"channel": "email", "to": [self.role.email], "attachments": [{"content_type": kind} for kind in kinds]}
            for kinds in self.mails
        ]
        return whatsapps + mails


async def told(world: World) -> list[str]:
    scene = Scene(world, world, 2.0, lambda *_: None)  # type: ignore[arg-type]
    scene.lives = {CARLA.reference: Life(CARLA, visited=[str(s) for s in CARLA.ending.visited[:-1]])}
    return differences(await verdicts(scene))


async def test_the_story_that_ends_as_it_should_is_right() -> None:
    assert await told(World(CARLA)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"access": "grace"}, "Carla: access: expected full; seen grace"),
        ({"bank_says": Bank(2, 4, ("pi_1",), 1)}, "Carla: charges: expected 1 paid, 4 refused; seen 2 paid, 4 refused"),
        ({"bank_says": Bank(2, 4, ("pi_1",), 1)}, "Carla: charged twice: expected 0; seen 1"),
        ({"bank_says": Bank(1, 4, (), 2)}, "Carla: subscriptions at Stripe: expected 1; seen 2"),
        ({"whatsapps": 7}, "Carla: WhatsApps received: expected 6; seen 7"),
        ({"stamped": 2}, "Carla: tax invoices stamped: expected 1; seen 2"),
        ({"delivered": 0}, "Carla: tax invoices delivered: expected 1; seen 0"),
        ({"mails": [["application/pdf"]]}, "Carla: mails with XML and PDF: expected 1; seen 0"),
    ],
)
async def test_every_witness_is_heard(change: dict[str, Any], expected: str) -> None:
    world = World(CARLA)
    for name, value in change.items():
        setattr(world, name, value)
    assert expected in await told(world)


async def test_a_notice_sent_twice_or_never_is_told() -> None:
    twice, never = World(CARLA), World(CARLA)
    twice.notices.append(NoticeKind.SUSPENDED)
    never.notices.remove(NoticeKind.UPDATE_CARD)
    assert any("suspended ×2" in line for line in await told(twice))
    assert any("notices" in line and "update_card" in line.partition("seen")[0] for line in await told(never))


async def test_a_status_nobody_expected_on_the_way_is_told() -> None:
    world = World(CARLA)
    world.view["status"] = Status.CANCELED
    assert await told(world) == [
        "Carla: status: expected trialing → past_due → suspended → active; "
        "seen trialing → past_due → suspended → canceled"
    ]


def test_everybody_has_a_number_an_address_and_a_taxpayer_of_their_own() -> None:
    for facts in ({r.phone for r in CAST}, {r.email for r in CAST}, {r.fiscal[0] for r in CAST}):
        assert len(facts) == len(CAST)
