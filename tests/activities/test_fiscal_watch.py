"""A certificate about to end and stamps about to run out are told before an invoice is refused."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from activities.failures import Unavailable
from activities.fiscal_watch import FiscalWatch
from models.cfdi.certificates import StoredCsd
from models.cfdi.fiscal import Issuer
from models.cfdi.pac_accounts import StoredAccount
from models.watching.attention import Rule, Severity
from tests.fakes.pac import FakePac
from tests.samples import ISSUER

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class Register:
    ends: datetime | None

    async def issuer_of(self, tenant: str) -> Issuer | None:
        return ISSUER

    async def issuing_tenants(self) -> list[str]:
        return ["acme"]

    async def certificates_of(self, tenant: str) -> list[StoredCsd]:
        if self.ends is None:
            return []
        return [StoredCsd("acme", "3" * 20, ISSUER.rfc, NOW - timedelta(days=900), self.ends, b"", "k1", b"", NOW)]

    async def pac_accounts_of(self, tenant: str) -> list[StoredAccount]:
        return []


@dataclass
class Counting(FakePac):
    left: int | None = 5_000
    looks: int = 0
    trouble: list[Exception] = field(default_factory=list)

    async def balance(self) -> int | None:
        self.looks += 1
        if self.trouble:
            raise self.trouble.pop(0)
        return self.left


async def told(ends: datetime | None, pac: Counting | None = None) -> list[tuple[Rule, str]]:
    found, _ = await FiscalWatch(Register(ends), pac or Counting()).findings(NOW)
    return [(each.rule, each.text) for each in found]


async def test_thirty_days_before_its_end_a_certificate_is_told_and_not_before() -> None:
    assert await told(NOW + timedelta(days=31)) == []
    ((rule, text),) = await told(NOW + timedelta(days=29))
    assert (rule, "ends on 2026-12-20" in text) == (Rule.CERTIFICATE_ENDING, True)
    ((rule, text),) = await told(NOW - timedelta(days=1))
    assert "good since 2026-11-20: no tax invoice can be sealed" in text


async def test_one_who_seals_from_a_directory_or_at_the_pac_is_left_alone() -> None:
    assert await told(None) == []
    assert await told(NOW - timedelta(days=1), Counting(seals=True)) == []


async def test_few_stamps_are_told_and_the_pac_is_asked_once_an_hour() -> None:
    pac = Counting(left=99)
    watch = FiscalWatch(Register(None), pac)
    for minutes in (0, 5, 59):
        ((finding,), unanswered) = await watch.findings(NOW + timedelta(minutes=minutes))
        assert (finding.rule, finding.text, unanswered) == (Rule.STAMPS_LOW, "99 stamps are left at sw", set())
    assert (finding.guidance.severity, pac.looks) == (Severity.WARNING, 1)
    pac.left = None  # not counted
    assert await watch.findings(NOW + timedelta(minutes=61)) == ([], set())


async def test_a_pac_out_of_reach_leaves_the_question_open() -> None:
    watch = FiscalWatch(Register(None), Counting(trouble=[Unavailable("503")]))
    assert await watch.findings(NOW) == ([], {Rule.STAMPS_LOW})
