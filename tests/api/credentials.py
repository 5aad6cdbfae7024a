"""People and keys of every kind, let in without the slow way through a password."""

from datetime import UTC, datetime, timedelta

from api.deps import Context
from models.access import passwords
from models.access.keys import digest, issue
from models.access.permissions import Role, Scope
from models.access.sessions import Session, fresh_refresh_token, fresh_session_id
from models.access.users import User, fresh_user_id
from tests.api.conftest import World

PASSWORD = "correct horse battery staple"
HASHED = passwords.hashed(PASSWORD)


async def person(
    world: World, role: Role = Role.OWNER, *, tenant: str = "acme", email: str = "", password: str = HASHED
) -> User:
    """Somebody with a role, whose password is PASSWORD."""
    user = User(
        tenant, fresh_user_id(), email or f"{fresh_user_id()[2:]}@acme.mx".lower(), role, datetime.now(UTC), password
    )
    await world.store.add_user(user)
    return user


async def session(world: World, user: User) -> dict[str, str]:
    """The headers of somebody who has logged in."""
    now = datetime.now(UTC)
    opened = Session(user.tenant, fresh_session_id(), user.id, now, now + timedelta(days=30))
    await world.store.open_session(opened, digest(fresh_refresh_token()))
    context: Context = world.app.state.context
    return {"Authorization": f"Bearer {context.tokens.issue(opened, now, timedelta(minutes=15))[0]}"}


async def key(world: World, *scopes: Scope, tenant: str = "acme", name: str = "robot") -> dict[str, str]:
    """The headers of a program."""
    made, secret = issue(tenant, name, frozenset(scopes), datetime.now(UTC))
    await world.store.add_key(made, secret)
    return {"Authorization": f"Bearer {secret}"}
