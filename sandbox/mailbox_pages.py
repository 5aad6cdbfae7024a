"""``/mailbox``: what was sent by e-mail, WhatsApp and SMS, newest first; the same as JSON at ``/mailbox.json``."""

import base64
import time
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.html import page, words
from sandbox.mailbox import Mailbox
from sandbox.twilio.messages import Line


class MailboxPages:
    """The pages on one mailbox and one line."""

    def __init__(self, mailbox: Mailbox, line: Line) -> None:
        self.mailbox, self.line = mailbox, line

    def routes(self) -> list[Route]:
        """Starlette routes."""
        return [
            Route("/mailbox", self.shown),
            Route("/mailbox.json", self.listed),
            Route("/mailbox/{number:int}", self.mail),
            Route("/mailbox/{number:int}/html", self.rich),
            Route("/mailbox/{number:int}/attachments/{index:int}", self.attachment),
        ]

    def entries(self) -> list[dict[str, Any]]:
        """Everything sent or received, newest first."""
        mails = [
            {
                "channel": "email",
                "at": mail.at,
                "number": mail.number,
                "from": mail.sender,
                "to": mail.recipients,
                "subject": mail.subject,
                "message_id": mail.message_id,
                "text": mail.text,
                "html": mail.html,
                "attachments": [
                    {
                        "filename": each.filename,
                        "content_type": each.content_type,
                        "size": each.size,
                        "url": f"/mailbox/{mail.number}/attachments/{index}",
                    }
                    for index, each in enumerate(mail.attachments)
                ],
            }
            for mail in self.mailbox.mails
        ]
        messages = [
            {
                "channel": "whatsapp" if message["to"].startswith("whatsapp:") else "sms",
                "at": self.line.hidden[identifier]["at"],
                "sid": identifier,
                "direction": message["direction"],
                "from": message["from"],
                "to": [message["to"]],
                "text": message["body"],
                "status": message["status"],
                "error_code": message["error_code"],
                "content_sid": self.line.hidden[identifier]["content_sid"],
                "variables": self.line.hidden[identifier]["variables"],
                "media": self.line.hidden[identifier]["media"],
            }
            for identifier, message in self.line.messages.items()
        ]
        return sorted([*mails, *messages], key=lambda entry: float(entry["at"]), reverse=True)

    async def listed(self, _: Request) -> Response:
        """The entries as JSON."""
        return JSONResponse({"entries": self.entries()})

    async def shown(self, _: Request) -> Response:
        """The entries as a page."""
        rows = "".join(self.row(entry) for entry in self.entries()) or "<tr><td>Vacío / Empty</td></tr>"
        return page("Buzón / Mailbox", f"<table>{rows}</table>")

    def row(self, entry: dict[str, Any]) -> str:
        """One entry."""
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry["at"]))
        head = f"<b>{escape(entry['channel'])}</b><br>{when}"
        people = f"{escape(entry['from'] or '')} → {escape(', '.join(entry['to']))}"
        if entry["channel"] == "email":
            files = "".join(
                f'<br>📎 <a href="{each["url"]}">{escape(each["filename"])}</a> ({each["size"]} B)'
                for each in entry["attachments"]
            )
            link = f'<a href="/mailbox/{entry["number"]}">{escape(entry["subject"] or "(sin asunto)")}</a>'
            return f"<tr><td>{head}</td><td>{people}<br>{link}{files}</td></tr>"
        media = "".join(f'<br>📎 <a href="{escape(url)}">{escape(url)}</a>' for url in entry["media"])
        failed = f" {entry['error_code']}" if entry["error_code"] else ""
        state = f'<span class="note">{escape(entry["status"])}{failed}</span>'
        return f"<tr><td>{head}</td><td>{people} {state}{words(entry['text'] or '')}{media}</td></tr>"

    async def mail(self, request: Request) -> Response:
        """One mail."""
        mail = self.found(request)
        if mail is None:
            return page("Buzón / Mailbox", "<p>No existe. / There is no such mail.</p>", status=404)
        files = "".join(
            f'<li><a href="/mailbox/{mail.number}/attachments/{index}">{escape(each.filename)}</a> '
            f"{escape(each.content_type)}, {each.size} B</li>"
            for index, each in enumerate(mail.attachments)
        )
        rich = f'<p><a href="/mailbox/{mail.number}/html">HTML</a></p>' if mail.html else ""
        people = f"{escape(mail.sender)} → {escape(', '.join(mail.recipients))}"
        body = f"<p>{people}</p>{words(mail.text)}{rich}<ul>{files}</ul>"
        return page(mail.subject or "(sin asunto)", body + '<p><a href="/mailbox">Buzón / Mailbox</a></p>')

    async def rich(self, request: Request) -> Response:
        """The HTML part as it was sent, without scripts."""
        mail = self.found(request)
        if mail is None or not mail.html:
            return Response(status_code=404)
        return HTMLResponse(mail.html, headers={"content-security-policy": "sandbox; default-src 'none'; img-src data:; "
                                                "style-src 'unsafe-inline'"})  # fmt: skip

    async def attachment(self, request: Request) -> Response:
        """An attachment as a download."""
        mail = self.found(request)
        index = request.path_params["index"]
        if mail is None or index >= len(mail.attachments):
            return Response(status_code=404)
        found = mail.attachments[index]
        name = found.filename.replace('"', "").encode("ascii", "replace").decode()
        headers = {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
        return Response(base64.b64decode(found.content), media_type=found.content_type, headers=headers)

    def found(self, request: Request) -> Any:
        """The mail with the number in the path."""
        number = request.path_params["number"]
        return next((mail for mail in self.mailbox.mails if mail.number == number), None)
