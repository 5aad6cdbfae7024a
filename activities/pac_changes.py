"""A tenant's own accounts at PACs: opened, put in another order, taken away.

Each PAC has one. None is lost while a document is with it: only that account can tell what became of it.
"""

from activities.failures import Missing
from activities.ports.register import Register
from models.cfdi import pac_accounts
from models.cfdi.pac_accounts import PacAccount, PacName, PacWhy
from models.people import FieldInvalid
from models.safekeeping.keyring import Keyring


async def set_account(store: Register, account: PacAccount, keyring: Keyring, *, replace: bool) -> None:
    """Keep an account, sealed; one that the tenant has at this PAC already makes way for it, whatever its rank.

    Raises:
        FieldInvalid: naming `rank`: another PAC's account stands there and `replace` was not said, or documents are with it.
    """
    over = pac_accounts.displaced(account, await store.pac_accounts_of(account.tenant))
    if over is not None:
        if not replace:
            raise FieldInvalid("rank", PacWhy.RANK_TAKEN(name=over.name))
        pac_accounts.insist_on_nothing_under_way("rank", over.name, await store.documents_at(account.tenant, over.name))
    await store.save_pac_account(pac_accounts.sealed(account, keyring))


async def remove_account(store: Register, tenant: str, name: PacName) -> None:
    """Forget an account. What it stamped stays, and can no more be cancelled through it.

    Raises:
        FieldInvalid: naming `pac`: documents are with it. Missing: there is no such account.
    """
    if name not in {each.name for each in await store.pac_accounts_of(tenant)}:
        raise Missing(f"there is no account at {name}")
    pac_accounts.insist_on_nothing_under_way("pac", name, await store.documents_at(tenant, name))
    await store.remove_pac_account(tenant, name)
