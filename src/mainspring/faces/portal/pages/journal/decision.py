"""Decision: one decision explained: what went in, what spoke for and against, which versions, what came of it; and made again."""

from collections.abc import Mapping
from typing import Any, ClassVar

from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.journal.decided import answer, why
from mainspring.faces.portal.pages.parts import grid, heading, money, pill, sheet
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, tag


class OneDecision:
    every: ClassVar[float] = 5.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name, self._id = visit, visit.path["name"], visit.path["id"]
        self._about = str(visit.workspace.status(self._name)["about"])
        self._replayed: dict[str, Any] | None = None

    @property
    def title(self) -> str:
        return f"{self._name}: {self._visit.say.plain('Decision')}"

    def actions(self) -> Actions:
        return {"replay": (Role.VIEWER, self._replay)}

    def _replay(self, _: Told) -> None:
        self._replayed = self._visit.workspace.replay(self._id)

    def regions(self) -> dict[str, Html]:
        say, told = self._visit.say, self._visit.workspace.explain(self._name, self._id)
        what_if = tag("a", say("What if?"), href=f"/automations/{self._name}/try?from={self._id}", class_="button")
        own = self._customers(told)
        again = tag("button", say("Make it again"), type="button", data_do="replay", class_="button plain")
        return {
            "head": heading(say, self._name, self._about, "/decisions"),
            "answer": sheet("", answer(say, told), tag("div", what_if, again, own, class_="left")),
            "replayed": self._again(),
            "why": why(say, told),
            "input": self._input(told),
            "outcomes": self._outcomes(told["action"], told["outcomes"]),
            "made": self._made_of(told),
        }

    def _customers(self, told: Mapping[str, Any]) -> Html:
        """The link for whom it is about: who may decide may give it to them."""
        if told["key"] is None or not self._visit.may(Role.OPERATOR, self._name):
            return Html("")
        token = self._visit.workspace.customers.token_of(self._name, str(told["key"]))
        say = self._visit.say
        return tag(
            "a", say("The customer's own page"), href=f"/my/{self._name}/{token}", target="_blank", rel="noopener"
        )

    def _again(self) -> Html:
        say, told = self._visit.say, self._replayed
        if told is None:
            return Html("")
        if told["same"]:
            return sheet("", pill("good", say("Made again: the same, bit for bit")))
        head = [(say("What"), False), (say("Kept"), False), (say("Now"), False)]
        rows = [[one["what"], str(one["kept"])[:200], str(one["now"])[:200]] for one in told["differences"]]
        return sheet("", pill("warm", say("Made again: it differs")), grid(head, rows, say.plain("What differs")))

    def _input(self, told: Mapping[str, Any]) -> Html:
        say = self._visit.say
        rows = [[tag("b", name), "–" if value is None else str(value)[:300]] for name, value in told["record"].items()]
        head = [(say("Field"), False), (say("Value"), False)]
        return sheet(
            say("What went in"),
            grid(head, rows, say.plain("What went in")),
            note=say("As it is kept: protected values are replaced."),
        )

    def _outcomes(self, action: str, outcomes: list[dict[str, Any]]) -> Html:
        say = self._visit.say
        if not outcomes:
            return sheet(say("What came of it"), tag("p", say("Nothing was heard of it yet."), class_="muted"))
        earned = self._visit.workspace.journal.worth(self._name, action, outcomes)
        rows = [
            [say.ago(one["at"]), "–" if one["outcome"] is None else str(one["outcome"]), money(gain)]
            for one, gain in zip(outcomes, earned, strict=True)
        ]
        head = [(say("When"), False), (say("Outcome"), False), (say("Gain"), True)]
        return sheet(say("What came of it"), grid(head, rows, say.plain("What came of it")))

    def _made_of(self, told: Mapping[str, Any]) -> Html:
        say, version = self._visit.say, told["model_version"]
        receipt: Mapping[str, Any] = told["receipt"] or {}
        pairs: list[tuple[Html, object]] = [
            (say("Number"), tag("code", told["decision"])),
            (say("Key"), told["key"]),
            (say("When"), told["at"][:19].replace("T", " ") + " UTC"),
            (say("Version"), version),
            (say("Policy"), tag("code", told["policy_version"])),
            (say("Occasion"), told["occasion"]),
            (say("Learned from"), receipt.get("data")),
            (say("Acts from"), None if receipt.get("threshold") is None else f"{receipt['threshold']:.4g}"),
            (say("Release"), receipt.get("code")),
        ]
        listed = [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value not in (None, "")]
        return sheet(say("What it was made of"), tag("dl", *listed, class_="pairs"))
