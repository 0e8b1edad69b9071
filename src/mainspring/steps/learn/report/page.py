"""Page: the whole report as one HTML file that needs nothing else."""

import base64
import hashlib
from importlib.resources import files

from mainspring.steps.learn.report.cards import cards, notes
from mainspring.steps.learn.report.choice import choice
from mainspring.steps.learn.report.data import data
from mainspring.steps.learn.report.explained import explained
from mainspring.steps.learn.report.markup import Html, join, label, said, short, tag, text
from mainspring.steps.learn.report.nine_facts import nine_facts
from mainspring.steps.learn.report.pictures import unchecked
from mainspring.steps.learn.report.quality import quality
from mainspring.steps.learn.report.story import Story
from mainspring.steps.learn.report.summary import summary

PARTS = (
    ("summary", "In short", summary),
    ("quality", "How good it is", quality),
    ("explained", "What it rests on", explained),
    ("choice", "The choice", choice),
    ("facts", "Nine facts", nine_facts),
    ("data", "The data", data),
    ("cards", "Model, data and policy", cards),
    ("notes", "To be careful about", notes),
)
SWITCH = (
    "const r=document.documentElement;"
    "function speak(l){r.dataset.lang=l;r.lang=l==='zh'?'zh-CN':'en';"
    "for(const b of document.querySelectorAll('button[data-to]'))b.setAttribute('aria-pressed',b.dataset.to===l)}"
    "for(const b of document.querySelectorAll('button[data-to]'))b.onclick=()=>speak(b.dataset.to);"
    "speak(new URLSearchParams(location.search).get('lang')||((navigator.language||'').startsWith('zh')?'zh':'en'));"
    "onbeforeprint=()=>document.querySelectorAll('details').forEach(d=>d.open=true);"
)


def render(story: Story) -> str:
    """The report as UTF-8 text of at most about 3 MB. It asks for nothing from outside, and its policy forbids it to."""
    with unchecked():
        sections = [(anchor, title, section) for anchor, title, make in PARTS if (section := make(story))]
    name, about = short(story.automation.get("name") or "automation"), short(story.automation.get("about") or "", 300)
    title = f"{name} · Mainspring"
    body = join([
        tag("a", said("Skip to the content"), href="#content", class_="skip"), _bar(name, [(a, t) for a, t, _ in sections]),
        tag("header", tag("p", said("Report of a learned automation"), class_="kicker"), tag("h1", name),
            tag("p", about, class_="about") if about else "",
            _edition(story)),
        tag("main", *(section for *_, section in sections), id="content"),
        tag("footer", said("Made by Mainspring. This file needs no network; keep it with the model.")),
    ])  # fmt: skip
    head = f'<!doctype html>\n<html lang="en" data-lang="en"><head>{_head(title)}</head>'
    page = f"{head}<body>{body}<script>{SWITCH}</script></body></html>\n"
    return page.encode("utf-8", "replace").decode("utf-8")


def _head(title: str) -> Html:
    allowed = base64.b64encode(hashlib.sha256(SWITCH.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    style = files(__package__ or "").joinpath("style.css").read_text(encoding="utf-8")
    return Html(
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="color-scheme" content="light dark">'
        f"<title>{text(title)}</title><style>{style}</style>"
    )


def _bar(name: str, sections: list[tuple[str, str]]) -> Html:
    links = [tag("a", said(title), href=f"#{anchor}") for anchor, title in sections]
    buttons = [
        tag("button", shown, type="button", data_to=to, lang=lang)
        for to, lang, shown in (("en", "en", "English"), ("zh", "zh-CN", "中文"))
    ]
    languages = tag("div", *buttons, class_="languages", role="group", aria_label=label("Language"))
    return tag("nav", tag("b", name), tag("div", *links, class_="links"), languages, aria_label=label("Contents"))


def _edition(story: Story) -> Html:
    version, run = story.facts.get("version"), story.facts.get("run_id")
    parts = [said("Model version {version}", version=short(version, 20))] if version is not None else []
    parts += [said("run {run}", run=short(run, 40))] if run is not None else []
    return tag("p", Html(" · ".join(parts)), class_="note") if parts else Html("")
