"""What the system itself composes with values is said in Chinese too: every text that the code can make has a template."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring
from mainspring.faces.portal.say import Say
from mainspring.faces.portal.words.sentences import SENTENCES
from mainspring.steps.learn.report.sentences.template import Sentences

ROOT = Path(mainspring.__file__).parent
SOURCES = [
    *(path for path in (ROOT / "steps" / "learn").rglob("*.py") if "def fits" in path.read_text(encoding="utf-8")),
    *(ROOT / "steps" / "learn" / "trial" / name for name in ("tries.py", "fold.py", "memory.py", "simple.py")),
    *(
        ROOT / "steps" / "learn" / name
        for name in ("portfolio.py", "finish/finish.py", "text/kinds.py", "text/lesson.py")
    ),
    *(ROOT / "steps" / "learn" / name for name in ("trial/drawing/race.py", "export/kinds.py")),
    *(ROOT / "steps" / "decide" / name for name in ("reasons.py", "rules.py", "capacity.py", "explore.py")),
    *(ROOT / "steps" / "watch" / f"{name}.py" for name in ("drift", "money", "performance", "quality", "service")),
    *(ROOT / "run" / name for name in ("retrain/verdict.py", "retrain/order.py", "train/register.py")),
    *(
        ROOT / "run" / name
        for name in ("challenge/judge.py", "challenge/limit.py", "challenge/telling.py", "access/approvals.py")
    ),
]
TOLD = [
    *(
        ROOT / "steps" / "learn" / name
        for name in ("facts.py", "trial/clocked.py", "finish/finish.py", "planning/plan.py")
    ),
    *(ROOT / "steps" / "learn" / "text" / name for name in ("tagging/fit.py", "tagging/labels.py", "tuned/fit.py")),
    *(
        ROOT / "run" / "train" / name
        for name in ("order.py", "stakes.py", "events.py", "planning/plan.py", "alone/spans.py", "alone/labels.py")
    ),
    *(ROOT / "run" / "retrain" / name for name in ("order.py", "window.py")),
    *(ROOT / name for name in ("automation/check.py", "steps/prepare/clean.py", "measure/profile.py", "table.py")),
]
"""What is told of data, steps and models, in functions that are called so, however it is put together there."""
TELL = re.compile(r"_?told|_?told_.*|_notes|notes|_changes|_read_as|sentences|remarks|clock_note|mistyped|_smaller|_mind_order|"
                  r"_suspects|plan_of|plan_spans|plan_labels|capacity_of|_run|_learned|_refit|_distribution|_size|_features|_compute|_quality|"
                  r"_objective|_accuracy|_speed|_deployment|_chosen|go|_learn|_check|_rules_alone|_repeat")  # fmt: skip
CALLS = {"Reason": 1, "Finding": 2, "Verdict": 1, "weighed": 1, "write_text": 0}
"""What takes a sentence, and at which place."""
NAMES = ("why", "why_not", "reason", "reasons", "left_out", "what")
ANSWERS = ("fits", "why_unread", "lacks_encoders", "lacks_tuning", "lacking", "_verdict", "over")
NOT_SENTENCES = ("MEAN", "BY", "ROLLED_BACK")
"""Parts of names, and who or what did something, which is a term."""
WRITTEN = re.compile(
    r"(learn|watch|decide|source)\.[a-z.]+|mainspring repeat|capacity:|of N per period|when_proved|act\b|threshold|rules|"
    r"mainspring\[\w+\]|pip install|ONNX|PyTorch|TensorFlow|MB|ROC AUC|RMSE|MAE"
)
"""What is called so in Chinese too."""
Scope = dict[str, list[ast.expr]]


def texts(node: ast.expr | None, scope: Scope, deep: int = 4) -> list[str]:
    """Every text that an expression can be; what only running tells is a number in brackets."""
    match node:
        case ast.Constant(value=str(value)):
            return [value]
        case ast.JoinedStr(values=parts):
            return ["".join(found) for found in itertools.product(*(texts(part, scope, deep) for part in parts))]
        case ast.FormattedValue(value=value, format_spec=None):
            return texts(value, scope, deep)
        case ast.IfExp(body=one, orelse=other):
            return texts(one, scope, deep) + texts(other, scope, deep)
        case ast.BoolOp(values=several):
            return [text for one in several for text in texts(one, scope, deep)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [a + b for a, b in itertools.product(texts(left, scope, deep), texts(right, scope, deep))]
        case ast.Name(id=name) if deep and name in scope:
            return [text for one in scope[name] for text in texts(one, scope, deep - 1)]
        case ast.List(elts=several):
            return [text for one in several for text in texts(one, scope, deep)]
        case ast.ListComp(elt=one) | ast.GeneratorExp(elt=one) | ast.Starred(value=one) | ast.Lambda(body=one):
            return texts(one, scope, deep)
        case ast.Tuple(elts=[_, said]):
            return texts(said, scope, deep)
        case _:
            return ["⟨1⟩"]


def scope_of(tree: ast.AST) -> Scope:
    found: Scope = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            pairs = [(node.targets[0], node.value)]
            if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(node.targets[0].elts, node.value.elts, strict=False))
            for target, value in pairs:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(value)
    return found


def sinks(tree: ast.Module) -> Iterator[tuple[ast.expr | None, Scope]]:
    """Where a sentence comes to stand, with what names mean there."""
    outer = scope_of(ast.Module([n for n in tree.body if isinstance(n, ast.Assign)], []))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for name, (value, *_) in outer.items():
        if name.isupper() and name not in NOT_SENTENCES:
            yield value, outer
    for function in functions:
        scope = outer | scope_of(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition(".")[2]
                if called in CALLS and len(node.args) > CALLS[called]:
                    yield node.args[CALLS[called]], scope
                yield from ((word.value, scope) for word in node.keywords if word.arg in ("why", "why_not"))
            if isinstance(node, ast.Assign):
                name = ast.unparse(node.targets[0])
                if re.split(r"[\[.]", name)[0] in NAMES or name.rpartition(".")[2] in NAMES:
                    yield node.value, scope
            if isinstance(node, ast.Return) and function.name in ANSWERS:
                yield node.value, scope


def told(tree: ast.Module) -> Iterator[tuple[ast.expr | None, Scope]]:
    """As :func:`sinks`, of functions that tell: what they return, yield, add to a list and hand to a step."""
    outer = scope_of(ast.Module([n for n in tree.body if isinstance(n, ast.Assign)], []))
    for function in (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and TELL.fullmatch(node.name)
    ):
        scope = outer | scope_of(function)
        for node in ast.walk(function):
            match node:
                case ast.Return(value=ast.Tuple(elts=several)):
                    yield from ((one, scope) for one in several)
                case ast.Return(value=value) | ast.Yield(value=value):
                    yield value, scope
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in (
                    *NAMES,
                    "note",
                    "basis",
                    "sentences",
                    "notes",
                ):
                    yield value, scope
                case ast.Call(func=ast.Attribute(attr="step"), args=[_, about, *rest]):
                    yield about, scope
                    yield from (
                        (one, scope)
                        for one in rest
                        if isinstance(one, ast.Lambda) and isinstance(one.body, ast.JoinedStr | ast.Constant)
                    )
                case ast.Call(func=ast.Attribute(attr="append" | "insert"), args=[*_, said]):
                    yield said, scope
                case ast.Call(func=ast.Name(id="Suspect" | "Capacity"), args=[_, said, *_]):
                    yield said, scope
                case _:
                    pass


def sentences() -> dict[str, str]:
    """Each text that may be kept, with the file that makes it."""
    found: dict[str, str] = {}
    for path, find in [*((path, sinks) for path in SOURCES), *((path, told) for path in TOLD)]:
        for value, scope in find(ast.parse(path.read_text(encoding="utf-8"))):
            for text in texts(value, scope):
                if " " in text.replace("⟨1⟩", "").strip(" .,:;()=%"):
                    found.setdefault(text, path.relative_to(ROOT).as_posix())
    return found


ALL = sentences()


def test_enough_is_found() -> None:
    assert len(ALL) > 70
    assert any("no longer lie as they did" in text for text in ALL)
    assert any("is expected to gain" in text for text in ALL)
    assert any("there was no time left" in text for text in ALL)


@pytest.mark.parametrize("english", ALL)
def test_every_sentence_of_the_code_has_chinese(english: str) -> None:
    english = re.sub(r"\{\w+\}", "⟨2⟩", english)
    told = WRITTEN.sub("", SENTENCES.chinese(english))
    assert not re.search("[A-Za-z]{2,}", told), f"{ALL.get(english)}: {told}"
    assert told.count("⟨1⟩") == english.count("⟨1⟩"), told


def test_values_stay_and_what_people_wrote_too() -> None:
    say = Say("zh").sentence
    assert say("charges = 105.5 raises the chance of Yes") == "charges = 105.5 提高了 Yes 的概率"
    assert say("bound by contract") == "bound by contract"
    assert (
        say("not better: roc_auc 0.9 on the test rows, version 1 had 0.91")
        == "没有更好：测试行上ROC AUC为 0.9，版本 1 为 0.91"
    )
    assert say("<b> is missing") == "&lt;b&gt; 缺失"
    told = (
        "2 of 3 columns no longer lie as they did: charges (distance 0.22, allowed 0.15), a, b (distance 1.00, allowed 0.10); "
        "estimated loss 35,113 a day by outcomes, learning anew costs 0.0056 (20 s at 1 an hour): it pays within 30 days"
    )
    assert say(told) == (
        "3 列中有 2 列的分布已不同于以往：charges（距离 0.22，允许 0.15），a，b（距离 1.00，允许 0.10）；"
        "估计每天损失 35,113（依据结果），重新学习需 0.0056（20 秒，每小时 1）：30 天内值得"
    )
    assert Say("en").sentence(told) == told


@given(st.text(max_size=300))
def test_any_text_is_borne(text: str) -> None:
    SENTENCES.chinese(text)


def test_hostile_texts_take_no_time() -> None:
    hostile = " of " * 400 + "; " * 300 + "(" * 300
    assert SENTENCES.chinese(hostile)
    assert SENTENCES.chinese("x" * 100_000) == "x" * 100_000


def test_holes_are_the_same_in_both() -> None:
    known = Sentences({"{a} beside {b}": "{b} 旁的 {a}", "{a} beside {b} here": "这里 {b} 旁的 {a}"})
    assert known.chinese("x beside y here") == "这里 y 旁的 x"
    assert known.knows("1 beside 2")
    assert not known.knows("beside")
