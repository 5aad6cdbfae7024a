"""SQL, whole: implements the ports `Store`, `Documents`, `Issuers`, `Books`, `Outbox` and `Register`."""

from sqlalchemy import select

from activities.gateways.erasure_list import ErasureList
from activities.gateways.sql.alerting import Alerting
from activities.gateways.sql.attention import AttentionBook
from activities.gateways.sql.audit import Audit
from activities.gateways.sql.bills import Bills
from activities.gateways.sql.brands import Brands
from activities.gateways.sql.cards import Cards
from activities.gateways.sql.cases import Cases
from activities.gateways.sql.catalogs import Catalogs
from activities.gateways.sql.crm.profiles import Profiles
from activities.gateways.sql.crm.records import CustomerRecords
from activities.gateways.sql.database import Database
from activities.gateways.sql.decisions import Decisions
from activities.gateways.sql.deletions import Deletions
from activities.gateways.sql.deliveries import Deliveries
from activities.gateways.sql.documents import Documents
from activities.gateways.sql.erasure_rounds import ErasureRounds
from activities.gateways.sql.figures import Figures
from activities.gateways.sql.histories import Histories
from activities.gateways.sql.inbox import Inbox
from activities.gateways.sql.issuers import Issuers
from activities.gateways.sql.keys import Keys
from activities.gateways.sql.ledger import Ledger
from activities.gateways.sql.legal import Legal
from activities.gateways.sql.notices import Notices
from activities.gateways.sql.onboarding import Onboarding
from activities.gateways.sql.open_cases import OpenCases
from activities.gateways.sql.outgoing import Outgoing, Recorded
from activities.gateways.sql.overview import Overview
from activities.gateways.sql.pets import Pets
from activities.gateways.sql.plan_changes import PlanChanges
from activities.gateways.sql.policies import Policies
from activities.gateways.sql.recovery import Recovery
from activities.gateways.sql.replies import Replies
from activities.gateways.sql.requests import Requests
from activities.gateways.sql.resealing import Resealing
from activities.gateways.sql.reviews import Reviews
from activities.gateways.sql.rounds import Rounds
from activities.gateways.sql.sightings import Sightings
from activities.gateways.sql.signups import Signups
from activities.gateways.sql.snapshots import Snapshots
from activities.gateways.sql.subscriptions import Subscriptions
from activities.gateways.sql.suspects import Suspects
from activities.gateways.sql.tenants import Tenants
from activities.gateways.sql.ticket_terms import TicketTerms
from activities.gateways.sql.tickets import Tickets
from activities.gateways.sql.trials import Trials
from activities.gateways.sql.unpaid import UnpaidDocuments
from activities.gateways.sql.usages import Usages
from activities.gateways.sql.users import Users
from models.safekeeping.keyring import Keyring
from models.tables.parties import TenantRow


class SqlStore(
    Deletions,
    ErasureRounds,
    Resealing,
    Catalogs,
    Tenants,
    Brands,
    Legal,
    Pets,
    Histories,
    Policies,
    Cards,
    Decisions,
    Users,
    Keys,
    Requests,
    Ledger,
    Subscriptions,
    Issuers,
    Cases,
    OpenCases,
    Recovery,
    Audit,
    Notices,
    Replies,
    Documents,
    Inbox,
    Outgoing,
    Deliveries,
    AttentionBook,
    Sightings,
    Suspects,
    UnpaidDocuments,
    Figures,
    Bills,
    Usages,
    PlanChanges,
    Signups,
    Onboarding,
    Trials,
    Snapshots,
    Alerting,
    Tickets,
    TicketTerms,
    Overview,
    Rounds,
    Reviews,
    Profiles,
    CustomerRecords,
):
    """The record in SQLite or PostgreSQL, by SQLAlchemy URL. Its tables are made by `models.migrations.run.upgrade`."""

    def __init__(self, url: str, keyring: Keyring, erasures: ErasureList | None = None) -> None:
        """`keyring` seals personal data and opens it again; `erasures` is the list of them that outlives the database."""
        self._db = Database(url)
        self._keyring = keyring
        self._recorded = Recorded()
        self._list = erasures or ErasureList(None)

    async def ping(self) -> None:
        await self._db.first(select(TenantRow))

    async def close(self) -> None:
        """Close every connection."""
        await self._db.close()
