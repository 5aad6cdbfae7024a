"""Events, webhook endpoints and test clocks: the operations around the billing itself."""

from sandbox.stripe import billing
from sandbox.stripe.account import WALL
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid, missing
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id
from sandbox.stripe.timeline import TRUE_DAY, Timeline


@operation("POST", "/v1/webhook_endpoints")
def create_endpoint(call: Call) -> Obj:
    """Register an endpoint; its secret is shown only now."""
    url = call.params["url"]
    if not url.startswith(("http://", "https://")):
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", param="url",
                      code="url_invalid")  # fmt: skip
    secret = new_id("whsec", 32)
    endpoint = call.account.create(
        {
            "id": new_id("we"),
            "object": "webhook_endpoint",
            "api_version": call.params.get("api_version"),
            "description": call.params.get("description"),
            "enabled_events": call.params["enabled_events"],
            "metadata": call.params.get("metadata") or {},
            "status": "enabled",
            "url": url,
        }
    )
    call.account.store.note(endpoint["id"])["secret"] = secret
    return {**endpoint, "secret": secret}


@operation("POST", "/v1/webhook_endpoints/{webhook_endpoint}")
def update_endpoint(call: Call) -> Obj:
    """Change or disable one."""
    endpoint = call.account.store.get("webhook_endpoint", call.id)
    endpoint.update(changes(endpoint, call.params, ("description", "enabled_events", "metadata", "url")))
    if "disabled" in call.params:
        endpoint["status"] = "disabled" if call.params["disabled"] else "enabled"
    return endpoint


@operation("DELETE", "/v1/webhook_endpoints/{webhook_endpoint}")
def delete_endpoint(call: Call) -> Obj:
    """Remove one."""
    endpoint = call.account.store.get("webhook_endpoint", call.id)
    call.account.store.remove(endpoint)
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


@operation("POST", "/v1/test_helpers/test_clocks")
def create_clock(call: Call) -> Obj:
    """A clock that stands still until advanced."""
    frozen = call.params["frozen_time"]
    now = call.account.now()
    clock = call.account.create(
        {
            "id": new_id("clock"),
            "object": "test_helpers.test_clock",
            "created": now,
            "deletes_after": now + 30 * 86400,
            "frozen_time": frozen,
            "name": call.params.get("name"),
            "status": "ready",
            "status_details": {"advancing": None},
        }
    )
    call.account.timelines[clock["id"]] = Timeline(frozen=float(frozen))
    call.account.emit("test_helpers.test_clock.created", clock)
    return clock


@operation("POST", "/v1/test_helpers/test_clocks/{test_clock}/advance")
def advance_clock(call: Call) -> Obj:
    """Let the clock's customers live until then. Everything has happened when this answers, unlike at Stripe, where
    the clock is ``advancing`` for a while."""
    account = call.account
    clock = account.store.get("test_helpers.test_clock", call.id)
    target = call.params["frozen_time"]
    if target <= clock["frozen_time"]:
        raise invalid("The new frozen time must be after the current frozen time.", param="frozen_time")
    if target > clock["frozen_time"] + 2 * 366 * TRUE_DAY:
        raise invalid("You can advance a test clock by at most two intervals.", param="frozen_time")
    clock["status"] = "advancing"
    clock["status_details"] = {"advancing": {"target_frozen_time": target}}
    account.emit("test_helpers.test_clock.advancing", clock)
    request = account.request
    billing.advance(account, clock["id"], target)
    account.request = request
    clock.update(frozen_time=target, status="ready", status_details={"advancing": None})
    account.emit("test_helpers.test_clock.ready", clock)
    return clock


@operation("DELETE", "/v1/test_helpers/test_clocks/{test_clock}")
def delete_clock(call: Call) -> Obj:
    """Delete the clock and its customers."""
    account = call.account
    if call.id not in account.timelines or call.id == WALL:
        raise missing("test_clock", call.id)
    clock = account.store.get("test_helpers.test_clock", call.id)
    for customer in list(account.store.newest("customer", test_clock=clock["id"])):
        account.store.retire(customer)
    account.timelines[clock["id"]].heap.clear()
    account.emit("test_helpers.test_clock.deleted", clock)
    account.store.retire(clock)
    return {"id": clock["id"], "object": "test_helpers.test_clock", "deleted": True}
