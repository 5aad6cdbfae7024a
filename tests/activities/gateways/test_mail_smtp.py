"""E-mail against a real SMTP server in this process."""

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP

from activities.failures import AnswerLost, Refused, Unavailable
from activities.gateways.mail_smtp import SmtpMail, failure
from activities.ports.mail import Attachment
from models.look.brand import Letterhead, neutral
from tests.pictures import acuario

SENDER = "Perdura <cobros@perdura.example>"


class Keeper:
    """Keeps what it is sent; `answer` refuses the recipient."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer = ""
        self.hangs_up = False

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        if self.hangs_up:
            _server.transport.abort()
        return "250 OK"


@pytest.fixture
async def keeper() -> AsyncIterator[tuple[Keeper, str]]:
    handler = Keeper()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", 0)
    async with server:
        yield handler, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_sends_text_html_and_attachments_in_utf8(keeper: tuple[Keeper, str]) -> None:
    kept, url = keeper
    attachments = [
        Attachment("factura.xml", "application/xml", "<cfdi>ñ</cfdi>".encode()),
        Attachment("factura.pdf", "application/pdf", b"%PDF-1.7\xff"),
    ]
    await SmtpMail(url, SENDER).send(
        to="ana@cliente.example",
        subject="Tu factura (CFDI) de Acuario",
        body="¡Gracias, Ana & Cía! Paga aquí: https://perdura.example/go/abc",
        key="acuario/cfdi/ch_1",
        attachments=attachments,
    )
    (message,) = kept.messages
    assert message["Subject"] == "Tu factura (CFDI) de Acuario"
    assert message["To"] == "ana@cliente.example"
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert "¡Gracias, Ana & Cía!" in plain.get_content()
    assert rich is not None
    assert 'href="https://perdura.example/go/abc"' in rich.get_content()
    assert "Ana &amp; Cía" in rich.get_content()
    files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert files["factura.pdf"] == b"%PDF-1.7\xff"
    assert files["factura.xml"].decode() == "<cfdi>ñ</cfdi>"


async def test_the_same_key_is_the_same_message(keeper: tuple[Keeper, str]) -> None:
    kept, url = keeper
    mail = SmtpMail(url, SENDER)
    first = await mail.send(to="ana@cliente.example", subject="a", body="b", key="in_1/suspended")
    again = await mail.send(to="ana@cliente.example", subject="a", body="b", key="in_1/suspended")
    other = await mail.send(to="ana@cliente.example", subject="a", body="b", key="in_2/suspended")
    assert first == again != other
    assert first.endswith("@perdura.example>")
    assert [m["Message-ID"] for m in kept.messages] == [first, first, other]


async def test_a_line_break_in_a_name_does_not_become_a_header(keeper: tuple[Keeper, str]) -> None:
    kept, url = keeper
    await SmtpMail(url, SENDER).send(
        to="ana@cliente.example", subject="Hola\r\nBcc: otro@cliente.example", body="b", key="k"
    )
    assert kept.messages[0]["Subject"] == "Hola Bcc: otro@cliente.example"
    assert kept.messages[0]["Bcc"] is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("550 5.1.1 no such user", Refused), ("452 4.2.2 mailbox full", Unavailable)],
)
async def test_a_refused_recipient_is_final_or_for_now(
    keeper: tuple[Keeper, str], answer: str, expected: type[Exception]
) -> None:
    kept, url = keeper
    kept.answer = answer
    with pytest.raises(expected) as caught:
        await SmtpMail(url, SENDER).send(to="ana@cliente.example", subject="a", body="b", key="k")
    assert "ana" not in str(caught.value)


async def test_an_answer_lost_after_the_message_was_handed_over_is_told_from_a_server_that_is_away(
    keeper: tuple[Keeper, str],
) -> None:
    kept, url = keeper
    kept.hangs_up = True
    mail = SmtpMail(url, SENDER)
    with pytest.raises(AnswerLost):
        await mail.send(to="ana@cliente.example", subject="a", body="b", key="k")
    assert [m["Message-ID"] for m in kept.messages] == [mail.reference("k")], "it had arrived all the same"


async def test_a_server_that_is_down_is_unavailable(keeper: tuple[Keeper, str], unused_tcp_port: int) -> None:
    with pytest.raises(Unavailable, match=r"the mail server did not answer$"):
        await SmtpMail(f"smtp://127.0.0.1:{unused_tcp_port}", SENDER).send(
            to="ana@cliente.example", subject="a", body="b", key="k"
        )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (aiosmtplib.SMTPAuthenticationError(535, "bad credentials of ana"), Refused),
        (aiosmtplib.SMTPSenderRefused(553, "no", "ana@cliente.example"), Refused),
        (aiosmtplib.SMTPDataError(451, "try later"), Unavailable),
        (aiosmtplib.SMTPServerDisconnected("gone"), Unavailable),
        (aiosmtplib.SMTPReadTimeoutError("slow"), Unavailable),
        (ConnectionResetError(), Unavailable),
    ],
)
def test_every_smtp_error_has_a_meaning(error: Exception, expected: type[Exception]) -> None:
    told = failure(error)
    assert type(told) is expected
    assert "ana" not in str(told)


@pytest.mark.parametrize("url", ["", "localhost:25", "http://mail:25", "smtp://"])
def test_a_url_that_is_no_mail_server_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://host:port"):
        SmtpMail(url, SENDER)


def test_a_sender_without_an_address_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="sender"):
        SmtpMail("smtp://127.0.0.1:25", "Perdura")


async def test_a_message_goes_in_the_name_of_the_brand_from_our_address(keeper: tuple[Keeper, str]) -> None:
    kept, url = keeper
    head = Letterhead(neutral("acme", "Clínica <Sol>\r\nBcc: eva@x.example"))
    await SmtpMail(url, SENDER).send(to="ana@cliente.example", subject="Aviso", body="Hola", key="k", letterhead=head)
    (message,) = kept.messages
    assert message["From"].addresses[0].addr_spec == "cobros@perdura.example"
    assert message["From"].addresses[0].display_name == "Clínica <Sol> Bcc: eva@x.example"
    assert message["Bcc"] is None
    html = message.get_body(("html",))
    assert html is not None
    assert "Clínica &lt;Sol&gt;" in html.get_content()


async def test_the_logo_travels_inside_and_the_text_says_the_same_without_it(keeper: tuple[Keeper, str]) -> None:
    kept, url = keeper
    await SmtpMail(url, SENDER).send(
        to="ana@cliente.example",
        subject="Servicio suspendido",
        body="Ana, paga aquí: https://perdura.example/go/abc?a=1&b=2 Debes 2 pagos.",
        key="k",
        letterhead=acuario(),
        action="Pagar ahora",
        attachments=[Attachment("factura.pdf", "application/pdf", b"%PDF-1.7")],
    )
    (message,) = kept.messages
    rich, plain = message.get_body(("html",)), message.get_body(("plain",))
    assert rich is not None
    assert plain is not None
    page = rich.get_content()
    (logo,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert logo.get_content() == acuario().logo
    assert f'src="cid:{logo["Content-ID"].strip("<>")}" alt="Acuario &amp; Cía"' in page
    assert logo.get_content_disposition() == "inline"
    assert re.search(r'<a href="https://perdura.example/go/abc\?a=1&amp;b=2" style="[^"]+">Pagar ahora</a>', page)
    assert "https://perdura.example/go/abc?a=1&b=2" in plain.get_content()
    for told in (
        "Servicios Acuario, S.A. de C.V.",
        "+52 55 8765 4321",
        "ayuda@acuario.mx",
        "https://acuario.mx/privacidad",
    ):
        assert told in page, told
        assert told in plain.get_content(), told
    assert [part.get_filename() for part in message.iter_attachments()] == ["factura.pdf"]
    assert "<script" not in page
