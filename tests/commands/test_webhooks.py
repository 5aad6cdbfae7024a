"""`perdura webhooks …`: endpoints from the terminal, from the first to the last."""

import re
from pathlib import Path

from models.telling.outgoing import EventType
from tests.test_cli import own_environment, perdura, said, state  # noqa: F401 - fixtures

URL = "https://api.negocio.mx/perdura"


def test_an_endpoint_from_the_first_to_the_last(state: Path) -> None:  # noqa: F811
    perdura("tenant", "create", "Mi Negocio", state=state)
    webhooks = ("webhooks", "list", "mi-negocio")
    assert perdura(*webhooks, state=state).output == "no endpoint hears of anything\n"
    wrong = perdura("webhooks", "add", "mi-negocio", URL, "--event", "invoice.payed", state=state)
    assert "events: there is no event 'invoice.payed'" in said(wrong)
    made = perdura("webhooks", "add", "mi-negocio", URL, "--event", EventType.INVOICE_PAID, state=state).output
    found = re.fullmatch(r"endpoint (we_\w+)\nsecret (whsec_\S+)\n", made)
    assert found is not None, made
    endpoint, secret = found.groups()

    def on(order: str, *more: str) -> str:
        answer = perdura("webhooks", order, "mi-negocio", endpoint, *more, state=state)
        return answer.output if answer.exit_code == 0 else said(answer)

    assert re.fullmatch(r"event evt_\w+ is on its way\n", on("test"))
    told = perdura(*webhooks, state=state).output
    for words in (endpoint, URL, "[invoice.paid]", "active, reached never, 1 waiting"):
        assert words in told
    assert secret not in told

    assert re.fullmatch(r"secret whsec_\S+\n", rotated := on("rotate"))
    assert secret not in rotated
    assert "rotated already" in on("rotate")

    assert on("disable") == f"endpoint {endpoint}: disabled\n"
    assert "disabled (order)" in perdura(*webhooks, state=state).output
    for order in (("test",), ("replay", "--since", "3d")):
        assert "enable it first" in on(*order)
    assert on("enable") == f"endpoint {endpoint}: enabled\n"
    assert "say from when on" in on("replay")
    assert on("replay", "--since", "3d") == "1 events are on their way\n"
    assert on("remove") == f"endpoint {endpoint}: removed\n"
    assert "there is no endpoint" in on("remove")
