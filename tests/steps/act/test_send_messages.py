"""Messages arrive, with what is attached, at a real mail server and a real HTTP receiver; what cannot be sent says why."""

import base64
import email
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable
from mainspring.event import Event
from mainspring.steps.act.deliver import deliverer_for
from mainspring.steps.act.deliverer import Means

ALERT = Event("a1", "/v1/automations/retention/alerts", "io.mainspring.alert.critical", datetime(2026, 3, 1, tzinfo=UTC), {
    "title": "CRITICAL: retention: 转化下降", "text": "Of 600 outcomes …", "severity": "critical", "files": ["alerts/a/rows.csv"],
}, "a")  # fmt: skip
DECISION = Event("d1", "/", "io.mainspring.decision.offer", datetime(2026, 3, 1, tzinfo=UTC), {
    "automation": "retention", "action": "offer", "key": "C12", "gain": 42.5, "reasons": ["short tenure", "high charges"], "problem": None,
}, "C12")  # fmt: skip


class Mailbox:
    def __init__(self) -> None:
        self.got: list[Mail] = []
        self.answer = "250 taken"

    async def handle_DATA(self, server, session, envelope) -> str:
        self.got.append(email.message_from_bytes(envelope.content))
        return self.answer


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"mailto://127.0.0.1:{port}/?mode=insecure&from=mainspring@example.com&to=ops@example.com"
    controller.stop()


@pytest.fixture
def receiver() -> Iterator[tuple[list[dict], str, list[int]]]:
    got: list[dict] = []
    answers = [200]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers[-1])
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield got, f"json://127.0.0.1:{server.server_port}/alerts", answers
    server.shutdown()
    thread.join()
    server.server_close()


def deliver(event: Event, address: str, folder: Path, **environment: str) -> None:
    act = Act(message=address, timeout=20)
    means = Means(environment, folder, lambda *_: None, lambda *_: None)
    deliverer_for(act, means).deliver(event, act)


def test_a_mail_arrives_with_its_evidence(mailbox, tmp_path: Path) -> None:
    box, address = mailbox
    (tmp_path / "alerts" / "a").mkdir(parents=True)
    (tmp_path / "alerts" / "a" / "rows.csv").write_text("decision\nd1\n", encoding="utf-8")
    deliver(ALERT, address, tmp_path)
    (mail,) = box.got
    parts = {part.get_content_type(): part for part in mail.walk()}
    assert str(email.header.make_header(email.header.decode_header(mail["Subject"]))) == ALERT.data["title"]
    assert "Of 600 outcomes …" in parts["text/plain"].get_payload(decode=True).decode() or "Of 600 outcomes" in str(
        mail
    )
    files = [part for part in mail.walk() if part.get_filename() == "rows.csv"]
    assert [file.get_payload(decode=True) for file in files] == [b"decision\nd1\n"]


def test_a_receiver_over_http_gets_words_and_evidence(receiver, tmp_path: Path) -> None:
    got, address, _ = receiver
    (tmp_path / "alerts" / "a").mkdir(parents=True)
    (tmp_path / "alerts" / "a" / "rows.csv").write_text("decision\nd1\n", encoding="utf-8")
    deliver(ALERT, address, tmp_path)
    (told,) = got
    assert (told["title"], told["message"], told["type"]) == (ALERT.data["title"], "Of 600 outcomes …", "failure")
    assert base64.b64decode(told["attachments"][0]["base64"]) == b"decision\nd1\n"


def test_a_decision_is_told_in_words(receiver, tmp_path: Path) -> None:
    got, address, _ = receiver
    deliver(DECISION, address, tmp_path)
    assert got[0]["title"] == "retention: offer C12"
    assert got[0]["message"].splitlines()[2:] == ["key: C12", "gain: 42.5", "reasons: short tenure; high charges"]


def test_files_outside_the_workspace_are_never_sent(receiver, tmp_path: Path) -> None:
    got, address, _ = receiver
    (tmp_path / "space").mkdir()
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (tmp_path / "space" / "link").symlink_to(tmp_path / "secret.txt")
    files = ["../secret.txt", str(tmp_path / "secret.txt"), "link", "not there", ""]
    deliver(Event("a1", "/", "t", ALERT.time, {**ALERT.data, "files": files}), address, tmp_path / "space")
    assert got[0]["attachments"] == []


def test_what_was_not_taken_may_be_tried_again(receiver, mailbox, tmp_path: Path) -> None:
    _, address, answers = receiver
    answers.append(500)
    with pytest.raises(ActUnreachable):
        deliver(ALERT, address, tmp_path)
    mailbox[0].answer = "451 later"
    with pytest.raises(ActUnreachable):
        deliver(ALERT, mailbox[1], tmp_path)
    with pytest.raises(ActUnreachable):
        deliver(ALERT, "json://127.0.0.1:1/alerts", tmp_path)


@pytest.mark.parametrize("address", ["nobody-knows-this://x", "mailto://", "slack://", "://", "json://[::"])
def test_an_address_of_no_kind_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(ActRefused):
        deliver(ALERT, address, tmp_path)


def test_a_secret_comes_from_the_environment_and_is_not_told(tmp_path: Path) -> None:
    with pytest.raises(ActUnreachable) as told:
        deliver(ALERT, "json://user:${TOKEN}@127.0.0.1:1/x", tmp_path, TOKEN="hunter2")
    assert "hunter2" not in str(told.value)
    with pytest.raises(ActRefused, match="TOKEN is not set"):
        deliver(ALERT, "json://user:${TOKEN}@127.0.0.1:1/x", tmp_path)
