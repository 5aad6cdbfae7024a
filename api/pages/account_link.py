"""The link to a customer's account: it shows personal data, so it ends, and comes by e-mail to whoever asks for it."""

from datetime import UTC, datetime, timedelta

from activities.ports.register import Subscriber
from api.deps import Context
from models.records import Customer, Tenant
from models.speaking.links import Purpose, dated_token, opened_dated
from models.speaking.notices import Channel, NoticeKind, NoticeRequest

MAILED = timedelta(days=1)  # how long a link in an e-mail is good
OPENED = timedelta(hours=1)  # and one on a page: whoever stays longer asks for another
APART = timedelta(minutes=10)  # one e-mail in so much time, however often it is asked for


def account_path(context: Context, found: Subscriber, now: datetime) -> str:
    """The address of the account, for a page whose reader has proved who they are."""
    key = context.settings.link_secret
    return f"/cuenta/{dated_token(key, Purpose.ACCOUNT, found.record.tenant, found.record.id, now + OPENED)}"


def signup_path(context: Context, found: Subscriber, now: datetime) -> str:
    """Where an unfinished signup goes on, for the same."""
    tenant, key = found.record.tenant, context.settings.link_secret
    token = dated_token(key, Purpose.SIGNUP, tenant, found.record.id, now + OPENED)
    return f"/contratar/{tenant}/pago/{token}"


async def returning(context: Context, tenant: str, token: str) -> Customer | None:
    """Who comes from their account to sign up once more; nobody, where the link is over, another business's, or none."""
    told = opened_dated(token, context.settings.link_secret, Purpose.ACCOUNT, datetime.now(UTC))
    if told is None or told.over or told.tenant != tenant:
        return None
    found = await context.store.subscriber(tenant, told.subject)
    return found.customer if found else None


async def mail_account_link(context: Context, tenant: Tenant, found: Subscriber) -> None:
    """Have the link sent to the customer's own address. Raises ProcessesUnavailable."""
    now = datetime.now(UTC)
    window = int(now.timestamp() // APART.total_seconds())
    await context.door.request_notice(
        NoticeRequest(
            tenant=tenant.id,
            key=f"{found.record.id}/account-link/{window}",
            kind=NoticeKind.ACCOUNT_LINK,
            subscription=found.record.id,
            calendar=context.calendar(tenant),
            on=now + MAILED,
            channel=Channel.EMAIL,
        )
    )
