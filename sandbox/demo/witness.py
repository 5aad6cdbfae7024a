"""What came of it, as independent witnesses tell it: the API, the bank, the mailbox, the PAC. Compared with how it should end."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.speaking.notices import NoticeKind
from sandbox.demo.cast import Role
from sandbox.demo.scene import Life, Scene

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what should be, and what was seen."""

    what: str
    expected: str
    seen: str

    @property
    def right(self) -> bool:
        return self.expected == self.seen


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings about one subscriber."""

    role: Role
    findings: tuple[Finding, ...]

    @property
    def right(self) -> bool:
        return all(finding.right for finding in self.findings)

    def seen(self, what: str) -> str:
        """What was seen of one thing."""
        return next((finding.seen for finding in self.findings if finding.what == what), "")


async def verdicts(scene: Scene) -> list[Verdict]:
    """What came of everybody."""
    await scene.look()
    stamps = await scene.outside.stamps()
    return [await _verdict(scene, life, stamps) for life in scene.lives.values()]


async def _verdict(scene: Scene, life: Life, stamps: list[Json]) -> Verdict:
    role, end = life.role, life.role.ending
    bank = await scene.outside.bank(role.email)
    access = (await scene.shop.entitlement(life.subscription))["access"] if life.subscription else "none"
    timeline = await scene.shop.timeline(life.subscription) if life.subscription else []
    documents = await scene.shop.documents(life.subscription) if life.subscription else []
    stamped = sum(stamp["receiver"] == role.fiscal[0] for stamp in stamps)
    delivered = sum(document["state"] == "delivered" for document in documents)
    told = _told(timeline)
    findings: tuple[Finding, ...] = (
        Finding("status", " → ".join(end.visited), " → ".join(life.visited)),
        Finding("access", end.access, access),
        Finding("charges", _charges(end.paid, end.refused), _charges(bank.paid, bank.refused)),
        Finding("charged twice", "0", str(len(bank.twice))),
        Finding("subscriptions at Stripe", str(int(end.opened)), str(bank.subscriptions)),
        Finding("notices", _counted(end.notices), _counted(told)),
        Finding("WhatsApps received", str(sum(end.notices.values())), str(_received(scene, role))),
        Finding("tax invoices stamped", str(end.documents), str(stamped)),
        Finding("tax invoices delivered", str(end.documents), str(delivered)),
        Finding("mails with XML and PDF", str(end.documents), str(_mailed(scene, role))),
    )
    if end.used:
        findings += (Finding("used", _counted(end.used), _counted(await scene.shop.used(role))),)
    if end.plan:
        findings += (
            Finding("plan", end.plan, str(life.view.get("plan"))),
            Finding("last charge", str(end.last), str(bank.last)),
        )
    return Verdict(role, findings)


def _told(timeline: list[Json]) -> Counter[NoticeKind]:
    sent = (re.fullmatch(r"(\w+) sent by whatsapp", entry["what"]) for entry in timeline if entry["kind"] == "notice")
    return Counter(NoticeKind(found[1]) for found in sent if found)


def _received(scene: Scene, role: Role) -> int:
    mine = f"whatsapp:{role.phone}"
    texts = [entry["text"] for entry in scene.mailbox if entry["channel"] == "whatsapp" and mine in entry["to"]]
    return len(texts)


def _mailed(scene: Scene, role: Role) -> int:
    mine = [entry for entry in scene.mailbox if entry["channel"] == "email" and role.email in entry["to"]]
    kinds = [sorted(a["content_type"].partition("/")[2] for a in mail["attachments"]) for mail in mine]
    return sum(kind == ["pdf", "xml"] for kind in kinds)


def _charges(paid: int, refused: int) -> str:
    return ", ".join(filter(None, (f"{paid} paid" if paid else "", f"{refused} refused" if refused else ""))) or "none"


def _counted(things: Mapping[Any, int]) -> str:
    return ", ".join(f"{thing}{f' ×{count}' if count > 1 else ''}" for thing, count in sorted(things.items())) or "none"
