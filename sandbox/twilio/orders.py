"""Orders to Twilio's sandbox from outside: what people and WhatsApp do. The paths are in ``control.py``."""

from typing import Any

from sandbox.twilio.numbers import parse
from sandbox.twilio.templates import STATUSES
from sandbox.world import World


async def inbound(
    world: World,
    from_: str = "",
    body: str = "",
    to: str = "",
    url: str = "",
    profile: str = "Cliente",
    button: str | None = None,
    forged: bool = False,
) -> dict[str, Any]:
    """A person writes to us."""
    sender = parse(str(from_))
    if sender is None:
        raise ValueError("from must be a number such as whatsapp:+525512345678")
    url = url or world.settings.twilio_inbound_url
    if not url:
        raise ValueError("nowhere to post to: give url, or set PERDURA_SANDBOX_TWILIO_INBOUND_URL")
    to = to or ("whatsapp:+14155238886" if sender.channel else "+15005550006")
    fields = world.line.receive(sender, to, str(body), profile=profile, button=button)
    status = await world.walker.post(url, fields, token="forged" if forged else None)
    return {"sid": fields["MessageSid"], "status": status}


def failures(world: World, codes: list[int]) -> dict[str, Any]:
    """Errors for the next messages."""
    world.line.failures.extend(int(code) for code in codes)
    return {"codes": world.line.failures}


def judge(world: World, sid: str, status: str = "", reason: str = "") -> dict[str, Any]:
    """What WhatsApp says, or will say, of a template."""
    if status not in STATUSES:
        raise ValueError(f"status must be one of {', '.join(STATUSES)}")
    if sid not in world.line.contents:
        raise LookupError(f"there is no template {sid}")
    verdict = {"status": status, "rejection_reason": str(reason) if status == "rejected" else ""}
    hidden = world.line.hidden.setdefault(sid, {})
    hidden["verdict"] = verdict
    if "approval" in hidden:
        hidden["approval"].update(verdict)
        hidden["held"] = True  # the look that is under way changes nothing any more
    return {"sid": sid, **verdict}


ORDERS = (
    ("POST", "/twilio/inbound", inbound),
    ("POST", "/twilio/failures", failures),
    ("POST", "/twilio/templates/{sid}", judge),
)
