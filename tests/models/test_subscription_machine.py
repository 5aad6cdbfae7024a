"""The rules of subscription and dunning as a machine that is driven anywhere: what must hold holds after every step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.collecting import case_news, dunning
from models.collecting.case_news import CaseNews
from models.collecting.cases import Case, Outcome, Stage
from models.collecting.declines import Decline
from models.collecting.dunning import Do
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Action, Step
from models.policies.presets import preset
from models.subscribing import subscription_news
from models.subscribing.invoices import Invoice, InvoiceStatus
from models.subscribing.subscriptions import SHOWN, ProviderSubscription, Status, Subscription
from tests.samples import PRICE, overdue, provider

START = datetime(2026, 11, 21, 18, tzinfo=UTC)
CALENDAR = Calendar()
RUTHLESS = preset("ruthless")
BLOCKED = (Status.SUSPENDED, Status.PAST_DUE, Status.PAUSED)
TURNS = 200
DECLINES = ("insufficient_funds", "lost_card", "authentication_required", "a code nobody has seen")


class Collections(RuleBasedStateMachine):
    """A provider that only goes forward, a subscription that hears of it late, twice and out of order, and its cases."""

    @initialize()
    def signs_up(self) -> None:
        self.now = START
        self.word = provider(START)
        self.words: list[ProviderSubscription] = []  # every word there ever was: old ones may be read again
        self.state = Subscription()
        self.cases: dict[str, Case] = {}
        self.reports: list[CaseNews] = []
        self.settled: list[str] = []
        self.told: dict[str, list[Action]] = {}
        self.canceled = False
        self.looks()

    # --- the provider

    @precondition(lambda self: self.word.status != "canceled" and len(self.cases) < 6)
    @rule(code=st.sampled_from(DECLINES))
    def renews_and_is_declined(self, code: str) -> None:
        end = self.word.period_end
        self.now = max(self.now, end)
        invoice = overdue(f"in_{len(self.word.invoices)}", end, code)
        self.word = replace(
            self.word, period_start=end, period_end=end + timedelta(days=30), invoices=(*self.word.invoices, invoice)
        )

    @precondition(lambda self: self.word.status != "canceled" and len(self.word.invoices) < SHOWN)
    @rule()
    def pays_for_a_year(self) -> None:
        for _ in range(12):
            self.renews_and_is_declined(DECLINES[0])
            self._now_says(_paid(self.word.invoices[-1], self.now))

    @precondition(lambda self: any(i.status is InvoiceStatus.OPEN for i in self.word.invoices))
    @rule(status=st.sampled_from((InvoiceStatus.PAID, InvoiceStatus.PAID, InvoiceStatus.VOID)), data=st.data())
    def an_invoice_ends(self, status: InvoiceStatus, data: st.DataObject) -> None:
        ending = data.draw(st.sampled_from([i for i in self.word.invoices if i.status is InvoiceStatus.OPEN]))
        ended = replace(ending, status=status, due=Money(0), paid_at=self.now if status is InvoiceStatus.PAID else None)
        self._now_says(ended)

    @rule()
    def is_canceled_at_the_provider(self) -> None:
        self.word = replace(self.word, status="canceled")

    @precondition(lambda self: self.word.status != "canceled")
    @rule(paused=st.booleans())
    def collection_pauses_or_resumes(self, paused: bool) -> None:
        self.word = replace(self.word, collection_paused=paused)

    # --- what the subscription hears

    @rule()
    def looks(self) -> None:
        self._absorb(self._shown)

    @precondition(lambda self: self.words)
    @rule(data=st.data())
    def hears_an_old_word_first(self, data: st.DataObject) -> None:
        """A read that was overtaken; the news that caused it make another one."""
        self._absorb(data.draw(st.sampled_from(self.words)))
        self.canceled_stays_canceled()
        self._absorb(self._shown)

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def a_report_comes_again(self, data: st.DataObject) -> None:
        news = data.draw(st.sampled_from(self.reports))
        if self.cases[news.invoice].outcome is not None and news.outcome is None:
            known = [case.invoice for case in self.state.cases]
            before = self.state
            self._hear(news)
            if news.invoice not in known:
                assert self.state is before, "older news of a case that is over changed something"

    # --- the cases

    @precondition(lambda self: any(case.outcome is None for case in self.cases.values()))
    @rule(data=st.data(), code=st.sampled_from(DECLINES), unheard=st.booleans())
    def a_case_takes_its_next_step(self, data: st.DataObject, code: str, unheard: bool) -> None:
        name = data.draw(st.sampled_from([n for n, case in self.cases.items() if case.outcome is None]))
        case = dunning.skip(self.cases[name], self.now)
        decision = dunning.decide(case, self.now)
        if decision.do is Do.WAIT and decision.at is not None:
            self.now = max(self.now, decision.at)
        self._turn(name, code, report=not unheard)

    @rule(days=st.integers(1, 20))
    def the_engine_is_away(self, days: int) -> None:
        self.now += timedelta(days=days)

    # --- what must hold

    @invariant()
    def canceled_stays_canceled(self) -> None:
        self.canceled = self.canceled or self.state.status is Status.CANCELED
        assert not self.canceled or self.state.status is Status.CANCELED

    @invariant()
    def ended_cases_stay_as_they_ended(self) -> None:
        for case in self.cases.values():
            if case.outcome is not None:
                for invoice in self.word.invoices:
                    assert dunning.seen(case, invoice, self.now) is case
                assert dunning.closed(case, Outcome.EXHAUSTED, now=self.now) is case

    @invariant()
    def every_debt_is_settled_once(self) -> None:
        assert len(self.settled) == len(set(self.settled))

    @invariant()
    def service_is_whole_only_when_nothing_is_overdue(self) -> None:
        """By the provider's word that was last heard: whatever it says is owed is chased, unless its ladder ended unpaid."""
        if self.state.status is not Status.CANCELED:
            owed = {invoice.id for invoice in self.words[-1].invoices if invoice.overdue}
            given_up = {name for name, case in self.cases.items() if case.outcome is Outcome.EXHAUSTED}
            assert owed - given_up <= {case.invoice for case in self.state.cases}, "owed, and nobody chases it"
            assert self.state.status not in (Status.ACTIVE, Status.TRIALING) or owed <= given_up
        if any(case.stage in (Stage.SUSPENDED, Stage.DELETION_WARNED) for case in self.state.cases):
            assert self.state.status in (Status.SUSPENDED, Status.CANCELED)

    @invariant()
    def no_consequence_came_before_its_warning(self) -> None:
        for steps in self.told.values():
            if Action.SUSPEND in steps:
                assert Action.NOTIFY in steps[: steps.index(Action.SUSPEND)]
            if Action.CLOSE in steps:
                assert Action.WARN_DELETION in steps[: steps.index(Action.CLOSE)]

    @invariant()
    def every_blocked_state_has_a_way_out(self) -> None:
        """Everything overdue is paid, collection resumed: then service is whole."""
        if self.state.status not in BLOCKED:
            return
        state, all_paid = self.state, replace(self.word, collection_paused=False, status="active")
        all_paid = replace(all_paid, invoices=tuple(_paid(i, self.now) for i in self.word.invoices))
        state, changes = subscription_news.absorb(state, all_paid, now=self.now, calendar=CALENDAR)
        for invoice in changes.ended:
            state = subscription_news.case_reported(state, CaseNews(invoice.id, Stage.CLOSED, Outcome.PAID, invoice))
        assert state.status is Status.ACTIVE

    def teardown(self) -> None:
        """Whatever happened, each case ends when it is left to itself."""
        for name in getattr(self, "cases", {}):
            for _ in range(TURNS):
                if self.cases[name].outcome is not None:
                    break
                decision = dunning.decide(dunning.skip(self.cases[name], self.now), self.now)
                self.now = max(self.now, decision.at or self.now)
                self._turn(name, "insufficient_funds", report=False)
            assert self.cases[name].outcome is not None, "the case does not end"

    # --- how it goes

    @property
    def _shown(self) -> ProviderSubscription:
        """What a look at the provider shows of it."""
        return replace(self.word, invoices=self.word.invoices[-SHOWN:])

    def _now_says(self, invoice: Invoice) -> None:
        self.word = replace(self.word, invoices=tuple(invoice if i.id == invoice.id else i for i in self.word.invoices))

    def _absorb(self, word: ProviderSubscription) -> None:
        self.words.append(word)
        self.state, changes = subscription_news.absorb(self.state, word, now=self.now, calendar=CALENDAR)
        self.settled += [invoice.id for invoice in changes.settled]
        for invoice in changes.overdue:
            assert invoice.id not in self.cases, "a second case for one invoice"
            self.cases[invoice.id] = Case(invoice.id, PRICE, self.now, RUTHLESS, CALENDAR, decline=invoice.decline)
            self.told[invoice.id] = []
        for invoice in changes.ended:
            self._become(invoice.id, dunning.seen(self.cases[invoice.id], invoice, self.now))
        if self.state.over:
            for open_case in self.state.cases:
                case = self.cases[open_case.invoice]
                self._become(open_case.invoice, dunning.closed(case, Outcome.CANCELED, now=self.now))

    def _turn(self, name: str, code: str, *, report: bool) -> None:
        case = dunning.catch_up(dunning.skip(self.cases[name], self.now), self.now)
        self.cases[name] = case  # a ladder that moved back has moved, also where its next step waits for the hour
        decision = dunning.decide(case, self.now)
        match decision.do, decision.step:
            case Do.CHARGE, step:
                case = dunning.attempted(case, step, Decline(code), self.now)
            case Do.TAKE, Step() as step:
                self.told[name].append(step.action)
                case = dunning.taken(case, step, self.now)
            case Do.CLOSE, Step() as step:
                self.told[name].append(step.action)
                case = dunning.closed(dunning.taken(case, step, self.now), Outcome.EXHAUSTED, now=self.now)
            case _:
                return
        self._become(name, case, report=report)

    def _become(self, name: str, case: Case, *, report: bool = True) -> None:
        self.cases[name] = case
        if report or case.outcome is not None:
            self._hear(case_news.news(case))

    def _hear(self, news: CaseNews) -> None:
        self.reports.append(news)
        before = self.state
        self.state = subscription_news.case_reported(before, news)
        if news.settled is not None and self.state is not before:
            self.settled.append(news.invoice)


def _paid(invoice: Invoice, now: datetime) -> Invoice:
    if invoice.status is not InvoiceStatus.OPEN:
        return invoice
    return replace(invoice, status=InvoiceStatus.PAID, due=Money(0), paid_at=now)


TestCollections = Collections.TestCase
TestCollections.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
