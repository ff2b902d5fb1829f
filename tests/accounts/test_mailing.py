"""A mail that a mail server does not take: the person hears whose fault it is."""

import socketserver
import threading

import pytest
from django.core.mail import EmailMessage
from django.urls import reverse

from accounts import mailing
from common.errors import Invalid, Unavailable
from tests.accounts.credentials import FORM

ADDRESS = "mira@example.com"


class Refusing(socketserver.StreamRequestHandler):
    """A mail server that answers one command with a refusal: `server.refuses`, `server.code`."""

    def handle(self):
        self.say(220)
        while line := self.rfile.readline():
            command = line.split()[0].upper().decode()
            refused = command == self.server.refuses
            self.say(self.server.code if refused else {"DATA": 354, "QUIT": 221}.get(command, 250))
            if command == "DATA" and not refused:
                while self.rfile.readline() != b".\r\n":
                    pass
                self.say(250)

    def say(self, code: int) -> None:
        self.wfile.write(f"{code} words\r\n".encode())


@pytest.fixture
def refusing(settings):
    """Give a function that has the mail server refuse a command with a code."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address

        def refuse(command: str, code: int) -> None:
            server.refuses, server.code = command, code

        yield refuse
        server.shutdown()


def send() -> None:
    mailing.send(EmailMessage("Subject", "Text", "loupe@example.com", [ADDRESS]))


@pytest.mark.parametrize(
    ("command", "code", "error", "words"),
    [
        ("RCPT", 550, Invalid, "takes no mail for this address"),
        ("RCPT", 450, Unavailable, "does not take it now"),
        ("MAIL", 553, Unavailable, "does not take it"),
        ("DATA", 554, Unavailable, "does not take it"),
    ],
)
def test_who_is_at_fault_is_said_and_no_address_is_logged(
    refusing, caplog, command, code, error, words
):
    refusing(command, code)
    with pytest.raises(error, match=words):
        send()
    assert "the mail server" in caplog.text
    assert ADDRESS not in caplog.text


def test_a_refused_address_is_refused_again_at_once(mail_server, refusing, client, db):
    refusing("RCPT", 550)
    assert client.post(reverse("account_signup"), FORM).status_code == 400
    login = {"login": FORM["username"], "password": FORM["password1"]}
    assert client.post(reverse("account_login"), login).status_code == 400


def test_what_is_taken_is_sent(refusing):
    refusing("NONE", 500)
    send()
