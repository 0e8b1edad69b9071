"""A Chinese tagger is learned from a few sentences, and finds names and places in others of the same forms."""

import json
import random
from pathlib import Path

import pytest

from mainspring import Workspace

NAMES = ("王小明", "李芳", "张伟", "刘洋", "陈静", "赵磊", "孙丽", "周强", "吴敏", "郑浩")
PLACES = ("北京", "上海", "广州", "成都", "杭州", "武汉", "西安", "南京", "青岛", "大连")
FORMS = (
    "{n}昨天到了{p}。", "在{p}，{n}见到了{m}。", "{n}和{m}住在{p}", "今天没有什么事。", "{p}的天气不好。",
    "《日报》：“{n}将去{p}。”", "请把发票寄给{p}的{n}，谢谢！", "会议推迟到下周三。",
)  # fmt: skip
ASKED = ("在武汉，李芳见到了孙丽。", "《日报》：“张伟将去成都。”", "郑浩昨天到了大连。")
"""Not among the sentences to learn from."""
DECLARATION = """
name: shei
source: {table: texts.jsonl, key: id}
learn: {target: spans, question: spans, limits: {time: 150s}}
"""


def sentence(form: str, dice: random.Random) -> tuple[str, list[dict[str, object]]]:
    text, spans = "", []
    for part in form.replace("{", "\0{").replace("}", "}\0").split("\0"):
        word = {"{n}": dice.choice(NAMES), "{m}": dice.choice(NAMES), "{p}": dice.choice(PLACES)}.get(part)
        if word is not None:
            label = "PLACE" if part == "{p}" else "NAME"
            spans.append({"start": len(text), "end": len(text) + len(word), "label": label})
        text += word or part
    return text, spans


@pytest.mark.slow
def test_names_and_places_are_found_in_new_sentences(tmp_path: Path) -> None:
    dice = random.Random(5)
    rows = [(number, *sentence(dice.choice(FORMS), dice)) for number in range(160)]
    lines = [
        json.dumps({"id": f"t{number}", "text": text, "spans": spans}, ensure_ascii=False)
        for number, text, spans in rows
        if text not in ASKED
    ]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "shei.yaml").write_text(DECLARATION, encoding="utf-8")
    with Workspace(tmp_path / "ws") as workspace:
        assert workspace.run(tmp_path / "shei.yaml").metrics["entity_f1"] > 0.8
        answers = workspace.predict("shei", [{"text": text} for text in ASKED])["prediction"].to_pylist()
    assert [[(one["text"], one["label"]) for one in spans] for spans in answers] == [
        [("武汉", "PLACE"), ("李芳", "NAME"), ("孙丽", "NAME")],
        [("张伟", "NAME"), ("成都", "PLACE")],
        [("郑浩", "NAME"), ("大连", "PLACE")],
    ]
