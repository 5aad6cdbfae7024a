"""Templates and their approval, read through Twilio's SDK from the sandbox's Content API."""

import httpx

from activities.gateways.templates_twilio import TwilioTemplates
from models.speaking.templates import ABSENT, Template
from tests.activities.gateways.conftest import Local


async def test_text_and_approval_are_read_and_a_template_that_is_not_there_is_told(local: Local) -> None:
    settings = local.settings
    auth = (settings.twilio_account_sid, settings.twilio_auth_token)
    body = "{{1}}, paga: {{6}}"
    async with httpx.AsyncClient(trust_env=False, auth=auth) as http:
        content = {"friendly_name": "s", "language": "es_MX", "types": {"twilio/text": {"body": body}}}
        made = await http.post(f"{local.url}/content/v1/Content", json=content)
    sid, other = made.json()["sid"], "HX" + "0" * 32
    chosen = {"suspended:es-MX": sid, "renewal:es-MX": other}
    source = TwilioTemplates(*auth, chosen, local.url)
    assert list(await source.templates()) == [
        Template("renewal:es-MX", other, ABSENT),
        Template("suspended:es-MX", sid, "unsubmitted", body),
    ]
