"""Label: one row after another whose label would help most, or is doubted; with the keyboard first."""

from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.parts import heading, pill, sheet
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, share, tag

AT_ONCE = 20
LONGEST = 2000
KEYS = "123456789"


class Label:
    every: ClassVar[float] = 0.0
    needs: ClassVar[tuple[Role, Of]] = (Role.OPERATOR, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]
        self._about = str(visit.workspace.status(self._name)["about"])
        self._doubtful = visit.query.get("what") == "doubtful"
        self._classes = visit.workspace.labels.classes(self._name)
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._passed: set[str] = set()
        self._given = 0
        self._fill()

    @property
    def title(self) -> str:
        return f"{self._name}: {self._visit.say.plain('Label')}"

    def actions(self) -> Actions:
        return {"label": (Role.OPERATOR, self._label), "skip": (Role.OPERATOR, self._skip)}

    def _label(self, told: Told) -> None:
        """What was shown is meant: a click that came late must not label the next row."""
        if (
            self._waiting
            and told.get("key") == str(self._waiting[0]["key"])
            and (label := told.get("label", "").strip())
        ):
            self._visit.workspace.labels.keep(self._name, {str(self._waiting[0]["key"]): label})
            if label not in self._classes:
                self._classes.append(label)
            self._given += 1
            self._next()

    def _skip(self, told: Told) -> None:
        if self._waiting and told.get("key") == str(self._waiting[0]["key"]):
            self._next()

    def _next(self) -> None:
        self._passed.add(str(self._waiting.popleft()["key"]))
        if not self._waiting:
            self._fill()

    def _fill(self) -> None:
        labels = self._visit.workspace.labels
        wanted = AT_ONCE + len(self._passed)
        found = labels.doubtful(self._name, most=wanted) if self._doubtful else labels.queue(self._name, wanted)
        self._waiting.extend(one for one in found if str(one["key"]) not in self._passed)

    def regions(self) -> dict[str, Html]:
        say, here = self._visit.say, f"/automations/{self._name}/label"
        ways = (("", say("Would help most"), False), ("?what=doubtful", say("May be wrong"), True))
        links = [
            tag(
                "a",
                title,
                href=here + query,
                class_="button plain small",
                aria_current="page" if which == self._doubtful else None,
            )
            for query, title, which in ways
        ]
        given = pill("good", say.count(self._given, "1 label given", "{n} labels given")) if self._given else ""
        return {
            "head": heading(say, self._name, self._about, "/label"),
            "which": tag("div", tag("div", *links, class_="left"), given, class_="row"),
            "card": self._card(),
            "hint": tag(
                "p",
                say("Keys: 1 to 9 choose, Enter takes the guess, S passes over. Labels count from the next run on."),
                class_="muted",
            ),
        }

    def _card(self) -> Html:
        say = self._visit.say
        if not self._waiting:
            return sheet("", tag("p", say("Nothing is left to label."), class_="lead"))
        one = self._waiting[0]
        shown = [
            tag("div", tag("small", name), tag("p", str(value)[:LONGEST], class_="said"))
            for name, value in one["columns"].items()
            if value not in (None, "")
        ]
        guess = one.get("guess")
        facts = (
            [tag("span", say("Guess"), ": ", tag("b", guess), f" ({share(one.get('chance'))})")]
            if guess is not None
            else []
        )
        if "label" in one:
            facts.insert(0, tag("span", say("Label"), ": ", tag("b", one["label"])))
        return sheet("", *shown, tag("div", *facts, class_="left muted"), self._choices(str(one["key"]), guess))

    def _choices(self, key: str, guess: object) -> Html:
        say = self._visit.say
        buttons = [self._choice(i, label, key, guessed=str(guess) == label) for i, label in enumerate(self._classes)]
        skip = tag(
            "button",
            tag("kbd", "S"),
            Html("&nbsp; "),
            say("Pass over"),
            type="button",
            data_do="skip",
            data_key=key,
            data_press="s",
            class_="quiet",
        )
        return tag("div", *buttons, skip, class_="left choose")

    def _choice(self, place: int, label: str, key: str, *, guessed: bool) -> Html:
        pressed = KEYS[place] if place < len(KEYS) else None
        return tag(
            "button",
            tag("kbd", pressed) if pressed else "",
            label,
            type="button",
            data_do="label",
            data_key=key,
            data_label=label,
            data_press=pressed,
            data_enter="" if guessed else None,
            class_="button" if guessed else "button plain",
        )
