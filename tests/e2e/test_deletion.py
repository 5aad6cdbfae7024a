"""A customer who leaves and wants their data gone, on the whole stack: warned by WhatsApp, deleted by the product, certified by e-mail."""

import io
import zipfile

import pytest

from tests.e2e.town import Town, subscriber

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


async def test_customer_is_warned_takes_a_copy_and_gets_the_certificate_last(town: Town) -> None:
    leaves = subscriber("leaves")
    subscription = await town.signs_up(leaves)
    order = {"actor": "sofia", "reason": "asked by mail"}
    ended = await town.api.post(
        f"/v1/subscriptions/{subscription}/overrides/cancel", json={**order, "at_period_end": False}
    )
    assert ended.status_code == 200, ended.text
    begun = await town.api.post("/v1/deletions", json={**order, "subscription": subscription})
    assert begun.status_code == 201, begun.text
    path = f"/v1/deletions/{begun.json()['id']}"

    async def stands(state: str) -> bool:
        return str((await town.api.get(path)).json()["state"]) == state

    link = await town.link(leaves, "eliminaremos los datos de tu cuenta", days=1)
    shown = await town.api.get(link, follow_redirects=True)
    assert "Conservar mis datos" in shown.text
    copied = await town.api.get(f"{shown.url}/copia.zip")
    assert leaves.email.encode() in zipfile.ZipFile(io.BytesIO(copied.content)).read("cliente.json")

    await town.until(lambda: stands("asked"), days=8)
    told = (await town.api.get(path)).json()
    assert [each["arrived_at"] is not None for each in told["warnings"]] == [True, True]
    confirmed = await town.api.post(f"{path}/confirm", json={"deleted": ["drawings"], "reference": "job 7"})
    assert confirmed.status_code == 200, confirmed.text
    await town.until(lambda: stands("done"), days=1)

    certificate = (await town.api.get(f"{path}/certificate")).json()
    assert {each["delivery"] for each in certificate["warnings"]} == {"delivered"}
    assert leaves.email not in str(certificate)
    mails = [each for each in await town.outside.mailbox() if each["channel"] == "email" and leaves.email in each["to"]]
    (last,) = [each for each in mails if "Certificado" in each["subject"]]
    assert last is mails[0]  # the newest comes first
    assert (await town.api.get(f"{path}/certificate.pdf")).content.startswith(b"%PDF")
    assert leaves.email.encode() not in (await town.api.get(f"{shown.url}/copia.zip")).content
    assert "Tus datos fueron eliminados" in (await town.api.get(str(shown.url))).text
