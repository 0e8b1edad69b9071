"""An action is delivered to a web address: what every kind of answer means."""

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable
from mainspring.event import Event
from mainspring.steps.act.deliver import deliverer_for
from mainspring.steps.act.deliverer import Means


def deliver(event: Event, act: Act, environment: Mapping[str, str] | None = None) -> None:
    deliverer_for(act, means(environment)).deliver(event, act)


def means(environment: Mapping[str, str] | None = None, *allowed: str) -> Means:
    return Means(environment or {}, Path(), lambda *_: None, lambda *_: None, allowed or ("127.0.0.1",))


def test_a_receiver_gets_the_event_and_its_key(receiver, answers, make_event):
    shop = receiver(answers(200))
    deliver(make_event(), Act(webhook=shop.url))
    headers, body = shop.heard[0]
    assert headers["idempotency-key"] == "d1"
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert json.loads(body)["data"] == {"action": "offer", "gain": 40.5, "name": "王小明 ☂ é"}
    assert json.loads(body)["specversion"] == "1.0"


def test_declared_headers_are_filled_from_the_environment_when_sent(receiver, answers, make_event):
    shop = receiver(answers(204))
    act = Act(
        webhook=shop.url, headers={"Authorization": "Bearer ${CRM_TOKEN}", "idempotency-key": "mine", "X-Who": "前台"}
    )
    deliver(make_event(), act, {"CRM_TOKEN": "s3cret"})
    headers, _ = shop.heard[0]
    assert headers["authorization"] == "Bearer s3cret"
    assert headers["idempotency-key"] == "d1"
    assert headers["x-who"].encode("latin-1").decode() == "前台"


def test_what_is_sent_is_signed_where_there_is_a_secret(receiver, answers, make_event):
    shop = receiver(answers(204))
    deliver(make_event(), Act(webhook=shop.url), {"MAINSPRING_WEBHOOK_SECRET": "hush"})
    deliver(make_event(), Act(webhook=shop.url, headers={"X-Signature-256": "mine"}))
    (signed, body), (unsigned, _) = shop.heard
    assert signed["x-signature-256"] == "sha256=" + hmac.new(b"hush", body, hashlib.sha256).hexdigest()
    assert unsigned["x-signature-256"] == "mine"


def test_an_unset_variable_is_named_and_nothing_is_sent(receiver, answers, make_event):
    shop = receiver(answers(200))
    with pytest.raises(ActRefused, match="CRM_TOKEN is not set"):
        deliver(make_event(), Act(webhook=shop.url, headers={"Authorization": "${CRM_TOKEN}"}))
    assert shop.heard == []


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_an_unwell_receiver_can_be_tried_again(receiver, answers, make_event, status):
    shop = receiver(answers(status))
    with pytest.raises(ActUnreachable, match=str(status)) as caught:
        deliver(make_event(), Act(webhook=shop.url))
    assert caught.value.retry
    assert caught.value.retry_after is None


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 302, 307])
def test_a_refusal_is_final(receiver, answers, make_event, status):
    with pytest.raises(ActRefused, match=str(status)) as caught:
        deliver(make_event(), Act(webhook=receiver(answers(status)).url))
    assert not caught.value.retry


def test_the_receiver_says_when_to_come_back(receiver, answers, make_event):
    with pytest.raises(ActUnreachable) as caught:
        deliver(make_event(), Act(webhook=receiver(answers(429, Retry_After="17")).url))
    assert caught.value.retry_after == 17
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with pytest.raises(ActUnreachable) as caught:
        deliver(make_event(), Act(webhook=receiver(answers(503, Retry_After=later)).url))
    assert 3500 < (caught.value.retry_after or 0) <= 3600
    with pytest.raises(ActUnreachable) as caught:
        deliver(make_event(), Act(webhook=receiver(answers(429, Retry_After="soon")).url))
    assert caught.value.retry_after is None


def test_no_redirect_carries_the_data_elsewhere(receiver, answers, make_event):
    elsewhere = receiver(answers(200))
    shop = receiver(answers(307, Location=elsewhere.url))
    with pytest.raises(ActRefused, match="redirects elsewhere"):
        deliver(make_event(), Act(webhook=shop.url))
    assert elsewhere.heard == []


def test_a_receiver_that_hangs_is_left_in_time(receiver, make_event):
    finished = threading.Event()
    shop = receiver(lambda _: finished.wait(20) and None)
    with pytest.raises(ActUnreachable, match=r"no answer within 0\.2 s"):
        deliver(make_event(), Act.model_validate({"webhook": shop.url, "timeout": "200ms"}))
    finished.set()


def test_a_receiver_that_takes_it_and_drops_the_line_hears_the_same_key_again(receiver, make_event):
    def drop(handler):
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    shop = receiver(drop)
    for _ in range(2):
        with pytest.raises(ActUnreachable):
            deliver(make_event(), Act(webhook=shop.url))
    assert [headers["idempotency-key"] for headers, _ in shop.heard] == ["d1", "d1"]


def test_nobody_listens(make_event):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ActUnreachable, match="cannot be reached") as caught:
        deliver(make_event(), Act(webhook=f"http://user:hush@127.0.0.1:{port}/secret-path?token=hush"))
    assert "hush" not in str(caught.value)
    assert "secret-path" not in str(caught.value)


def test_an_endless_answer_is_not_read(receiver, make_event):
    def pour(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * 1_000_000)

    shop = receiver(pour)
    deliver(make_event(), Act(webhook=shop.url))
    assert len(shop.heard) == 1


def test_one_connection_serves_many_deliveries_from_many_threads(receiver, answers, make_event):
    shop = receiver(answers(200))
    act = Act(webhook=shop.url)
    deliverer = deliverer_for(act, means())
    threads = [threading.Thread(target=deliverer.deliver, args=(make_event(f"d{i}"), act)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(headers["idempotency-key"] for headers, _ in shop.heard) == sorted(f"d{i}" for i in range(20))


def test_headers_and_addresses_that_cannot_be_sent_are_refused_without_showing_them(receiver, answers, make_event):
    shop = receiver(answers(200))
    with pytest.raises(ActRefused) as caught:
        deliver(make_event(), Act(webhook=shop.url, headers={"X": "${T}"}), {"T": "hush\r\nEvil: 1"})
    assert "hush" not in str(caught.value)
    with pytest.raises(ActRefused, match="not an address"):
        deliver(make_event(), Act(webhook="http://[::hush"))


def test_a_value_that_json_cannot_express_is_refused(receiver, answers, make_event):
    with pytest.raises(ActRefused, match="cannot express"):
        deliver(make_event(name="\ud800"), Act(webhook=receiver(answers(200)).url))
