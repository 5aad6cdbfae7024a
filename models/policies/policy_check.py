"""What is wrong with a policy, in words: each line names the step and the remedy."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from models.policies.policy import CONSEQUENCES, NETWORK_BUDGET, Action, Ending, Policy, Step
from models.speaking.notices import ANSWERS, CHASING, NoticeKind

_PERIOD = timedelta(days=30)  # the networks count attempts within this
_NOTICE = timedelta(days=1)  # the shortest warning before data go
_SPEAKS = frozenset({Action.NOTIFY, Action.WARN_DELETION})
_BEFORE = frozenset({NoticeKind.RENEWAL})

# What a step may say: what asks for money or announces a consequence; before the due date the renewal.
LADDER = CHASING | _BEFORE

# What a notice tells the customer has happened, and the steps that make it so.
_TELLS = {
    NoticeKind.DEGRADED: frozenset({Action.DEGRADE, Action.SUSPEND}),
    NoticeKind.SUSPENDED: frozenset({Action.SUSPEND}),
    NoticeKind.DELETION_WARNING: frozenset({Action.SUSPEND}),
}


def check(policy: Policy) -> list[str]:
    """The faults of a policy; empty when it may run."""
    return [*_shape(policy), *_steps(policy), *_money(policy), *_reminders(policy), *_deletion(policy)]


def _shape(policy: Policy) -> Iterator[str]:
    steps = policy.steps
    if not steps or steps[-1].action is not Action.CLOSE:
        yield "the last step must be 'close': a case without an end would dun for ever"
    for number, (step, after) in enumerate(pairwise(steps), start=1):
        if step.action is Action.CLOSE:
            yield (
                f"step {number + 1} ({after.name}) comes after the close of step {number}: "
                "only one step may be 'close', and it is the last"
            )
        if after.offset < step.offset:
            yield f"step {number + 1} ({after.name}) comes before step {number} ({step.name}); order the steps by time"
        if step.until is not None and step.until > after.offset:
            yield f"step {number} ({step.name}): its window ends after step {number + 1} ({after.name}); shorten 'until'"
    if steps and steps[-1].when is not None:
        yield f"step {len(steps)} ({steps[-1].name}): the close must hold for everybody; leave out 'when'"


def _steps(policy: Policy) -> Iterator[str]:
    steps = policy.steps
    for number, step in enumerate(steps, start=1):
        where, before = f"step {number} ({step.name})", steps[: number - 1]
        if step.action in _SPEAKS and step.notice is None:
            yield f"{where}: name the notice it sends"
        if step.action is Action.RETRY and (step.notice or step.channel):
            yield f"{where}: a retry sends nothing; leave out notice and channel, and notify in a step of its own"
        if step.on_payday and step.action is not Action.RETRY:
            yield f"{where}: only a retry waits for payday"
        if step.on_payday and (step.until is None or step.until <= step.offset):
            yield f"{where}: say how long it may wait for payday, e.g. until: {step.offset.days + 5}d"
        if step.channel is not None and step.notice is None:
            yield f"{where}: a channel needs a notice"
        if step.notice in _BEFORE:
            yield f"{where}: '{step.notice}' is for before the due date; give it a negative time, e.g. at: -3d"
        if step.notice is not None and (why := _no_dunning(step.notice)):
            yield f"{where}: {why}; use one of {', '.join(sorted(CHASING))}"
        if made := _TELLS.get(step.notice) if step.notice else None:
            happened = any(s.action in made for s in policy.steps[:number])
            if not happened:
                yield f"{where}: '{step.notice}' tells of what has not happened yet; put it with or after '{min(made)}'"
        if step.priority is not None and step.action is not Action.ESCALATE:
            yield f"{where}: only an escalation has a priority; leave it out, or do: escalate"
        if step.ending is Ending.DOWNGRADE and not step.plan:
            yield f"{where}: say which plan it leads to, e.g. plan: free"
        if step.action in CONSEQUENCES and not _warned(before):
            yield f"{where}: it needs a notice before it, that everybody gets: a {_noun(step)} comes announced"
        if step.action is Action.WARN_DELETION and not any(s.action is Action.SUSPEND for s in before):
            yield f"{where}: suspend service before warning of deletion"
        if step.action is Action.WARN_DELETION and any(s.action is Action.REQUEST_DELETION for s in before):
            yield f"{where}: a warning after the deletion was asked for warns of nothing; put it before"
        if step.action is Action.REQUEST_DELETION and not any(s.action is Action.WARN_DELETION for s in before):
            yield f"{where}: warn of deletion before asking for it"


def _no_dunning(kind: NoticeKind) -> str:
    """Why a notice does not belong into a ladder; empty where it does."""
    if kind in LADDER:
        return ""
    if kind in ANSWERS:
        return f"'{kind}' answers a customer's own message, and does not dun"
    return f"'{kind}' goes out by itself when its time comes, and does not dun"


def _warned(before: tuple[Step, ...]) -> bool:
    return any(s.notice is not None and s.when is None for s in before)


def _noun(step: Step) -> str:
    return {
        Action.SUSPEND: "suspension",
        Action.DEGRADE: "degradation",
        Action.CLOSE: "close",
    }.get(step.action, "deletion")


def _money(policy: Policy) -> Iterator[str]:
    retries = [s for s in policy.steps if s.action is Action.RETRY]
    for first in retries:
        within = sum(first.offset <= s.offset <= first.offset + _PERIOD for s in retries)
        if within > NETWORK_BUDGET:
            yield f"{within} retries in 30 days from {first.name}: the card networks allow {NETWORK_BUDGET}"
            break
    if not 1 <= policy.retry.budget <= NETWORK_BUDGET:
        yield f"retries: budget: {policy.retry.budget} attempts on a card in 30 days; the networks allow 1 to {NETWORK_BUDGET}"


def _reminders(policy: Policy) -> Iterator[str]:
    for step in policy.reminders:
        if step.action is not Action.NOTIFY:
            yield f"{step.name}: before the due date nothing is owed; only 'notify' may stand there"
        elif step.notice is None:
            yield f"{step.name}: name the notice it sends; use renewal"
        elif step.notice in CHASING:
            yield f"{step.name}: '{step.notice}' asks for money that is not due yet; use renewal"
        elif step.notice not in _BEFORE:
            yield f"{step.name}: {_no_dunning(step.notice)}; use renewal"


def _deletion(policy: Policy) -> Iterator[str]:
    terms = policy.deletion
    if terms is None:
        return
    for lead in terms.warn:
        if lead < _NOTICE:
            yield f"deletion: warn: {_short(lead)} is too short to act on; warn 1d before or earlier"
        elif lead > terms.after:
            yield f"deletion: warn: {lead.days}d is more than the {terms.after.days}d of 'after'; warn later, or keep data longer"
    if not any(lead <= terms.asked for lead in terms.warn):
        yield f"deletion: asked: {terms.asked.days}d is shorter than every 'warn'; make it {min(terms.warn).days}d or more"
    if terms.confirm < _NOTICE:
        yield "deletion: confirm: give your product 1d or more"


def _short(span: timedelta) -> str:
    return f"{span.days}d" if span >= _NOTICE else f"{int(span.total_seconds() // 3600)}h"
