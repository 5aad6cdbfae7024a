"""Opening an account for a business that signed up by itself: all of it, or nothing is left behind."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.provisioning import Provisioning
    from models.access.provisioning import Provision, Provisioned
    from workflows import options, visibility
    from workflows.refusals import reason_of


@workflow.defn
class ProvisioningWorkflow:
    """Seconds, or as long as the payments provider is away. The owner can log in once all is there, and not before."""

    @workflow.init
    def __init__(self, provision: Provision) -> None:
        self._provision = provision
        self._outcome: Provisioned | None = None
        self._show("begun")

    @workflow.run
    async def run(self, provision: Provision) -> Provisioned:
        try:
            await self._made()
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            why = reason_of(error)
            self._show(f"refused ({why}), being taken back")
            await workflow.execute_activity_method(
                Provisioning.withdraw, provision, **options.look("take everything back")
            )
            return self._settled(Provisioned(False, why))
        await workflow.execute_activity_method(Provisioning.hand_over, provision, **options.look("let the owner in"))
        outcome = self._settled(Provisioned(True))
        try:
            await workflow.execute_activity_method(
                Provisioning.welcome, provision, **options.message("welcome by e-mail")
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._show(f"ready; the welcome was not sent ({reason_of(error)})")
        await workflow.execute_activity_method(
            Provisioning.forget_contact, provision, **options.look("forget what is no longer needed")
        )
        return outcome

    # An update, because the signup page waits for the answer.
    @workflow.update(description="Wait until the account is open, or taken back")
    async def provisioned(self) -> Provisioned:
        await workflow.wait_condition(lambda: self._outcome is not None)
        assert self._outcome is not None
        return self._outcome

    async def _made(self) -> None:
        provision = self._provision
        await workflow.execute_activity_method(
            Provisioning.enter_business, provision, **options.money("enter the business")
        )
        if provision.house:
            await workflow.execute_activity_method(
                Provisioning.enter_trial, provision, **options.money("enter its trial of the product")
            )
            await workflow.execute_activity_method(
                Provisioning.open_trial, provision, **options.money("open its trial of the product")
            )

    def _settled(self, outcome: Provisioned) -> Provisioned:
        self._outcome = outcome
        self._show("ready" if outcome.ready else f"taken back: {outcome.refusal}")
        return outcome

    def _show(self, where: str) -> None:
        house = f"{self._provision.house}: {self._provision.plan}" if self._provision.house else "none"
        workflow.set_current_details(visibility.table([("trial", house), ("state", where)]))
