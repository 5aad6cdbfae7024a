"""The books held against the bank, the PAC and the mailbox when everything has come to rest. Every finding is a defect."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from models.speaking.notices import NoticeKind
from models.watching.attention import GUIDANCE, Rule, Severity
from sandbox.drill_books import charged
from tests.soak.ground import Ground
from tests.soak.people import Habit

SHOWN = 8
ENDING = ("sub", "dunning", "cfdi", "refund", "cancel")
# Drift is repaired first, as the schedule would; then there must be none.
COMMANDS = (("reconcile",), ("reconcile", "--dry-run"), ("ledger", "check"), ("audit", "verify"))
# What must have happened before "nothing was lost" means anything, as the audit tells it. Among few people it may not.
HAPPENED = {
    "paid by a retry": "action = 'charge paid' AND detail LIKE 'D+%'",
    "paid by a new card": "action = 'charge paid' AND detail = 'new card'",
    "paid outside": "action LIKE 'paid outside by %'",
}
# What is only told: few debts last that long while workers are killed, for whoever was away gives the time back.
COUNTED = {
    "suspended and restored": "action = 'status active' AND EXISTS (SELECT 1 FROM audit_entries b WHERE b.action = 'status suspended' "
    "AND b.subscription_id = a.subscription_id AND b.tenant_id = a.tenant_id AND b.seq < a.seq)",
}
MANY = 100  # subscriptions


@dataclass
class Verdict:
    """What was counted, and what is wrong."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)  # what the product's own checks said

    def expect(self, what: str, broken: Iterable[Any]) -> None:
        """Note every exception to a rule, some of them by name."""
        found = [str(each) for each in broken]
        if found:
            more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            self.wrong.append(f"{what}: {len(found)} ({', '.join(found[:SHOWN])}{more})")


async def rows(ground: Ground, query: str) -> list[Any]:
    engine = create_async_engine(ground.stack.database_url)
    try:
        async with engine.connect() as connection:
            return list((await connection.execute(text(query))).all())
    finally:
        await engine.dispose()


async def judge(ground: Ground, *, kills: int, lived: Counter[str]) -> Verdict:
    """Every rule, once nothing moves any more. `kills` is how many processes were killed on the way, `lived` what the subscribers did."""
    verdict = Verdict()
    await _happened(ground, verdict, lived)
    await _money(ground, verdict)
    await _documents(ground, verdict)
    await _messages(ground, verdict, kills)
    await _processes(ground, verdict)
    for words in COMMANDS:
        await _command(ground, verdict, *words)
    return verdict


async def _money(ground: Ground, verdict: Verdict) -> None:
    invoices = {i["id"]: i async for i in ground.bank.all("invoices")}
    succeeded = [c async for c in ground.bank.all("charges") if c["status"] == "succeeded"]
    per_invoice = charged(succeeded, [p async for p in ground.bank.all("invoice_payments")])
    verdict.expect("invoices charged more than once", (i for i, n in per_invoice.items() if n > 1))

    booked = await rows(ground, "SELECT charge, invoice, amount_centavos FROM payments")
    at_bank = {c["id"]: c["amount"] for c in succeeded}
    in_books = {r.charge: r.amount_centavos for r in booked if not r.charge.startswith("out_")}
    verdict.expect("charges that the books do not know", at_bank.keys() - in_books.keys())
    verdict.expect("payments that the bank does not know", in_books.keys() - at_bank.keys())
    verdict.expect("amounts that differ", (c for c in at_bank.keys() & in_books.keys() if at_bank[c] != in_books[c]))
    verdict.expect(
        "invoices booked more than once", (i for i, n in Counter(r.invoice for r in booked).items() if n > 1)
    )
    paid = {i for i, invoice in invoices.items() if invoice["status"] == "paid" and invoice["total"] > 0}
    verdict.expect("paid invoices without a payment in the books", paid - {r.invoice for r in booked})
    verdict.expect("payments whose invoice is not paid", {r.invoice for r in booked} - paid)
    outside = await rows(
        ground, "SELECT subscription_id, detail FROM audit_entries WHERE action LIKE 'paid outside by %'"
    )
    verdict.expect("transfers recorded twice", (r for r, n in Counter(tuple(r) for r in outside).items() if n > 1))
    verdict.counts |= {
        "invoices": len(invoices),
        "charges settled": len(succeeded),
        "payments outside": len(booked) - len(in_books),
        "pesos collected": sum(r.amount_centavos for r in booked) // 100,
    }


async def _happened(ground: Ground, verdict: Verdict, lived: Counter[str]) -> None:
    for what, so in (HAPPENED | COUNTED).items():
        [(count,)] = await rows(ground, f"SELECT count(DISTINCT subscription_id) FROM audit_entries a WHERE {so}")
        verdict.counts[what] = count
    if lived["signed up"] >= MANY:
        verdict.expect("never seen in this run", (what for what in HAPPENED if not verdict.counts[what]))
        verdict.expect("lives that nobody lived", (h for h in Habit if h is not Habit.QUIET and not lived[h]))


async def _documents(ground: Ground, verdict: Verdict) -> None:
    stamps = await ground.bank.stamps()
    sources = {r.charge for r in await rows(ground, "SELECT charge FROM payments")}
    documents = await rows(ground, "SELECT key, source, uuid, state FROM tax_documents")
    stamped = Counter(d.source for d in documents if d.uuid)
    verdict.expect("settled charges without a CFDI", sources - stamped.keys())
    verdict.expect("settled charges with more than one CFDI", (s for s, n in stamped.items() if n > 1))
    verdict.expect("stamps that the books do not know", {s["uuid"] for s in stamps} - {d.uuid for d in documents})
    verdict.expect("CFDIs not delivered", (f"{d.key} {d.state}" for d in documents if d.state != "delivered"))
    verdict.counts |= {"CFDIs stamped": len(stamps)}


async def _messages(ground: Ground, verdict: Verdict, kills: int) -> None:
    letters = await ground.bank.letters()
    noted = await rows(ground, "SELECT key, channel, kind, reference, delivery FROM notices")
    references = Counter(n.reference for n in noted if n.reference)
    invoices = {n.reference for n in noted if n.kind == NoticeKind.TAX_INVOICE}
    sent = [e["sid"] for e in letters if e["channel"] == "whatsapp"]
    mails = Counter(e["message_id"] for e in letters if e["channel"] == "email")
    verdict.expect("WhatsApp messages sent beside the one in the books", set(sent) - references.keys())
    # SMTP knows no key and no look-up. A notice that was handed over as its worker was killed is `unknown` and stays so; a tax invoice must
    # reach its customer and goes again, under the same Message-ID: one for each kill is what that explains, and no more.
    again = [m for m, n in mails.items() if n > 1]
    verdict.expect("mails sent twice", (m for m in again if m not in invoices))
    verdict.expect("tax invoices mailed again by no kill", again if sum(mails.values()) - len(mails) > kills else ())
    verdict.counts |= {"mails repeated by a kill": len(again)}
    # Of one debt, charge or period a customer hears each thing once; the periods of one subscription are told apart by their instants.
    said = Counter(
        (n.key if n.kind == NoticeKind.RENEWAL else n.key.partition("/")[0], n.kind, n.channel) for n in noted
    )
    verdict.expect("the same said twice", (what for what, n in said.items() if n > 1))
    verdict.expect("mails that the books do not know", mails.keys() - references.keys())
    verdict.expect("notices sharing one message", (r for r, n in references.items() if n > 1))
    verdict.expect("notices never sent", (f"{n.key} {n.channel}" for n in noted if n.delivery == "sending"))
    verdict.counts |= {"WhatsApp messages": len(sent), "mails": sum(mails.values())}


async def _processes(ground: Ground, verdict: Verdict) -> None:
    cases = await rows(ground, "SELECT invoice, outcome, closed_at FROM dunning_cases")
    verdict.expect("dunning cases never ended", (c.invoice for c in cases if c.closed_at is None))
    verdict.expect("events never handed over", await waiting(ground))
    alive = await rows(ground, "SELECT id, status FROM subscriptions WHERE status <> 'canceled'")
    verdict.expect("subscriptions never ended", (f"{s.id} {s.status}" for s in alive))
    verdict.expect("processes still running", await running(ground))
    client = await ground.stack.client()
    failed = [w.id async for w in client.list_workflows("ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated')")]
    verdict.expect("processes that failed", failed)
    verdict.expect("findings that need a person", await alarming(ground))
    events = await rows(ground, "SELECT status, count(*) AS n FROM inbox_events GROUP BY status")
    verdict.counts |= {"dunning cases": len(cases), "events received": sum(e.n for e in events)}
    verdict.counts |= {f"cases {outcome}": n for outcome, n in sorted(Counter(str(c.outcome) for c in cases).items())}


async def waiting(ground: Ground) -> list[str]:
    """Events that are in the books and not yet handed over."""
    return [r.event for r in await rows(ground, "SELECT event FROM inbox_events WHERE status = 'pending'")]


async def alarming(ground: Ground) -> list[str]:
    """Findings of the product's own rules, as last checked, for which the operator is written to."""
    found = await rows(ground, "SELECT rule, text FROM attention_findings WHERE resolved_at IS NULL")
    return [f"{f.rule}: {f.text}" for f in found if GUIDANCE[Rule(f.rule)].severity is Severity.CRITICAL]


async def running(ground: Ground) -> list[str]:
    """Processes that have not ended and should.

    Left out are those that a schedule starts, and messages that left and were not heard of again: their report was lost
    with the API that was killed, and an hour of true time passes before the e-mail goes out instead.
    """
    client = await ground.stack.client()
    found = [w.id async for w in client.list_workflows("ExecutionStatus = 'Running'")]
    return [each for each in found if each.partition(":")[0] in ENDING]


async def _command(ground: Ground, verdict: Verdict, *words: str) -> None:
    """A check of the product's own: it must end with 0."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "cli", *words, "--state", str(ground.stack.state)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    verdict.said[" ".join(words)] = said.decode()[-1500:]
    if process.returncode:
        verdict.wrong.append(f"perdura {' '.join(words)}: exit code {process.returncode}: {said.decode()[-600:]}")
