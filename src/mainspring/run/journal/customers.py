"""Customers: the page of a company's own customer: decisions about them, with reasons, and a way to object or to ask for a person."""

import base64
import hmac
from collections.abc import Callable
from typing import Any, Literal

from mainspring.backends.opening import Backends
from mainspring.backends.store.journal.pages import Sought
from mainspring.decision import Decision, Reason
from mainspring.errors import BadRecord, NotFound
from mainspring.run.desk import Desk
from mainspring.run.stream.topics import Topics

Wish = Literal["object", "person"]
WISHES: tuple[Wish, ...] = ("object", "person")
PAGES = b"pages of customers"
SHOWN, REASONS, LONGEST, LONGEST_TOKEN = 20, 5, 2000, 2000
KINDS = ("rule", "feature", "capacity", "explore", "error")
"""The reasons that are told; what a decision gains the company is not the customer's."""


class Customers:
    """A customer is known by a token in the address of their page: the key as it is kept (replaced where it is protected), signed."""

    def __init__(self, backends: Backends, desk: Callable[[str], Desk], topics: Topics) -> None:
        self._backends, self._desk, self._topics = backends, desk, topics

    def token(self, name: str, key: str) -> str:
        """For the customer with this key, as people know it. Whoever has the token sees the decisions about them.

        Raises:
            NotFound: there is no such automation. BadRecord: its source declares no key.
        """
        desk = self._desk(name)
        column = desk.automation.source.key
        if column is None:
            remedy = "declare which column identifies a customer"
            raise BadRecord("source.key is not declared", fields={"key": "is not declared"}, where=name, remedy=remedy)
        return self.token_of(name, str(desk.protector.apply_one({column: key})[column]))

    def token_of(self, name: str, kept: str) -> str:
        """The same for a key as the journal has it."""
        plain = base64.urlsafe_b64encode(kept.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()
        return f"{plain}.{self._signed(name, plain)}"

    def decisions(self, name: str, token: str) -> dict[str, Any]:
        """``about`` the automation, and the newest ``decisions``: ``decision``, ``at``, ``action``, ``prediction``, and the ``reasons``
        (``kind``, ``text``, ``feature``, ``value``, and whether it ``spoke_for`` what was decided).

        Raises:
            NotFound: the token is not of this automation.
        """
        key, desk = self._key(name, token), self._desk(name)
        protected, chance = desk.automation.prepare.protect, desk.decider.policy.positive is not None
        found = self._backends.pages.page(name, Sought(key=key), limit=SHOWN).decisions
        return {
            "about": desk.automation.about,
            "decisions": [_told(decision, set(protected), chance) for decision in found],
        }

    def wish(self, name: str, token: str, decision: str, wish: str, words: str = "") -> str:
        """Object to a decision, or ask that a person looks at it (GDPR art. 22, PIPL art. 24): an event on the topic that is answered,
        ``<name>.objections``. Saying it again is the same event.

        Raises:
            NotFound: the token is not of this automation, or the decision is not about that customer. BadRecord: there is no such wish.
        """
        key = self._key(name, token)
        if wish not in WISHES:
            raise BadRecord("there is no such wish", fields={"wish": f"must be one of {', '.join(WISHES)}"}, where=name)
        made = self._backends.decisions.find(decision)
        if made is None or made.automation != name or made.key != key:
            raise NotFound("decision", decision)
        topic = f"{name}.objections"
        row = {
            "decision": decision, "key": key, "wish": wish, "words": words.strip()[:LONGEST], "action": made.action,
            "decided": made.at.isoformat(), "model_version": made.model_version,
        }  # fmt: skip
        self._topics.publish(topic, [row], subject="key", source=f"/my/{name}", key=f"{decision}/{wish}")
        return topic

    def _key(self, name: str, token: str) -> str:
        plain, _, signature = token.partition(".")
        known = len(token) <= LONGEST_TOKEN and token.isascii()
        if not known or not hmac.compare_digest(signature, self._signed(name, plain)):
            raise NotFound("page", "of a customer")
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8", "surrogatepass")

    def _signed(self, name: str, plain: str) -> str:
        secret = hmac.digest(self._backends.vault.key(), PAGES, "sha256")
        return hmac.digest(secret, f"{name}\0{plain}".encode(), "sha256").hex()[:40]


def _told(decision: Decision, protected: set[str], chance: bool) -> dict[str, Any]:
    reasons = [
        {
            "kind": reason.kind, "text": reason.text, "feature": reason.feature, "spoke_for": _spoke_for(decision, reason, chance),
            "value": decision.record.get(reason.feature or ""),
        }
        for reason in decision.reasons
        if reason.kind in KINDS and reason.feature not in protected
    ]  # fmt: skip
    return {
        "decision": decision.id, "at": decision.at, "action": decision.action, "prediction": decision.prediction,
        "reasons": reasons[:REASONS],
    }  # fmt: skip


def _spoke_for(decision: Decision, reason: Reason, chance: bool) -> bool:
    """Weights raise the answer; where that is the ``chance`` of what is acted upon, they speak against doing nothing."""
    weight = reason.weight or 0.0
    return weight < 0 if chance and not decision.acts else weight > 0
