"""Publishing a legal text: a new version, and a line in the audit that says whose decision it was."""

from datetime import datetime

from activities.ports.register import Register
from models.agreements.legal import LegalKind, LegalText
from models.records import AuditEntry
from models.words import Words


async def publish_text(
    store: Register, tenant: str, kind: LegalKind, words: Words, *, at: datetime, actor: str, reason: str
) -> LegalText:
    """The version that holds these words, newly made where the newest has others. Raises Missing: no such tenant."""
    before = await store.legal_text(tenant, kind)
    text = await store.publish_text(tenant, kind, words, at)
    if before is None or before.version != text.version:
        key, told = f"legal/{kind}/{text.version}", f"{kind} version {text.version}"
        await store.audit(AuditEntry(tenant, "", key, at, actor, "publish_legal_text", reason, told))
    return text
