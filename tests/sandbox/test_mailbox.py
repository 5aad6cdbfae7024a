"""Mail sent by SMTP can be read, with its attachments."""

import smtplib
from email.message import EmailMessage

import pytest

from tests.sandbox.conftest import HTTP, Running


def message(subject: str = "Tu factura ñ") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "cobros@perdura.example"
    mail["To"] = "ana@example.com"
    mail.set_content("Hola Ana")
    mail.add_alternative("<p>Hola <b>Ana</b></p><script>alert(1)</script>", subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="cfdi.pdf")
    return mail


def send(sandbox: Running, mail: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.settings.smtp_port, timeout=10) as smtp:
        smtp.send_message(mail)


def test_a_mail_is_kept_with_its_parts(sandbox: Running) -> None:
    send(sandbox, message())
    (entry,) = HTTP.get(f"{sandbox.url}/mailbox.json").json()["entries"]
    assert (entry["channel"], entry["subject"], entry["to"]) == ("email", "Tu factura ñ", ["ana@example.com"])
    assert entry["text"].strip() == "Hola Ana"
    assert "<b>Ana</b>" in entry["html"]
    (attachment,) = entry["attachments"]
    assert (attachment["filename"], attachment["content_type"], attachment["size"]) == (
        "cfdi.pdf",
        "application/pdf",
        8,
    )
    fetched = HTTP.get(f"{sandbox.url}{attachment['url']}")
    assert fetched.content == b"%PDF-1.7"
    assert 'filename="cfdi.pdf"' in fetched.headers["content-disposition"]


def test_the_page_shows_the_newest_first_and_runs_no_scripts(sandbox: Running) -> None:
    send(sandbox, message("<script>uno</script>"))
    send(sandbox, message("dos"))
    page = HTTP.get(f"{sandbox.url}/mailbox").text
    assert page.index("dos") < page.index("uno")
    assert "<script>" not in page
    rich = HTTP.get(f"{sandbox.url}/mailbox/1/html")
    assert "sandbox" in rich.headers["content-security-policy"]
    assert "Hola Ana" in HTTP.get(f"{sandbox.url}/mailbox/1").text


@pytest.mark.parametrize("path", ["/mailbox/9", "/mailbox/9/html", "/mailbox/9/attachments/0"])
def test_a_mail_that_is_not_there_is_404(sandbox: Running, path: str) -> None:
    assert HTTP.get(f"{sandbox.url}{path}").status_code == 404


def test_the_server_can_be_out_of_order(sandbox: Running) -> None:
    sandbox.control("POST", "/mailbox/refusals", {"count": 1})
    with pytest.raises(smtplib.SMTPException):
        send(sandbox, message())
    send(sandbox, message())
    assert len(HTTP.get(f"{sandbox.url}/mailbox.json").json()["entries"]) == 1


def test_the_links_of_a_message_can_be_followed_and_its_markup_is_only_text(sandbox: Running) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Aviso", "cobros@perdura.example", "ana@example.com"
    mail.set_content("Paga aquí: http://127.0.0.1:1/go/x <b>ya</b>")
    send(sandbox, mail)
    page = HTTP.get(f"{sandbox.url}/mailbox/1").text
    assert '<a href="http://127.0.0.1:1/go/x">' in page
    assert "<b>ya</b>" not in page
