"""What a model sees of each kind of column."""

import json
import math

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.prepare import Prepare
from mainspring.errors import QualityError, Tampered
from mainspring.model import Question, Transform
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.preparer import Fitted, TablePreparer
from mainspring.steps.prepare.table_transform import TableTransform


def fit(columns: dict, **settings: object) -> Fitted:
    rows = len(next(iter(columns.values())))
    table = pa.table({**columns, **({} if "y" in columns else {"y": (["no", "yes"] * rows)[:rows]})})
    question = settings.pop("question", Question.CLASS)
    key = settings.get("key")
    how = plan(table, Prepare(), target="y", key=key)  # type: ignore[arg-type]
    classes = ("no", "yes") if question == Question.CLASS else ()
    return TablePreparer(how, target="y", question=question, **{"classes": classes, **settings}).fit(table)  # type: ignore[arg-type]


def test_it_is_the_transform_that_models_stand_on() -> None:
    assert isinstance(fit({"x": [1, 2]}).transform, Transform)


def test_numbers_stay_numbers_and_missing_is_not_a_number() -> None:
    fitted = fit({"few": [0, 1, 2, 1], "gap": [1.5, None, 3.0, -1.0]})
    assert fitted.transform.output.field("few").type == pa.float64()
    assert fitted.train["few"].to_pylist() == [0.0, 1.0, 2.0, 1.0]
    assert math.isnan(fitted.train["gap"][1].as_py())
    assert fitted.train["gap"].null_count == 0


def test_categories_become_codes_with_their_levels_beside() -> None:
    fitted = fit({"city": ["Bonn", "Köln", None, "Köln"]})
    field = fitted.transform.output.field("city")
    assert field.type == pa.int32()
    assert field.metadata[b"origin"] == b"city"
    levels = json.loads(field.metadata[b"levels"])
    assert sorted(levels) == ["Bonn", "Köln"]
    codes = fitted.train["city"].to_pylist()
    assert codes == [levels.index("Bonn"), levels.index("Köln"), -1, levels.index("Köln")]
    assert fitted.transform.apply_one({"city": "Ulm"}) == {"city": -1}


def test_levels_have_codes_in_the_order_of_their_answers() -> None:
    sizes = ["large", "small", "medium"] * 40
    numbers = {"large": 9.0, "medium": 5.0, "small": 1.0}
    fitted = fit({"size": sizes, "y": [numbers[size] for size in sizes]}, question=Question.NUMBER)
    assert json.loads(fitted.transform.output.field("size").metadata[b"levels"]) == ["small", "medium", "large"]


def test_of_more_classes_levels_lie_along_what_tells_them_apart() -> None:
    sizes = ["large", "small", "medium"] * 40
    # The large are "c" and the small "a"; the medium are each in turn, and some of all are "b".
    told = {"large": "cccb", "small": "aaab", "medium": "acab"}
    answers = [told[size][k // 3 % 4] for k, size in enumerate(sizes)]
    fitted = fit({"size": sizes, "y": answers}, classes=("a", "b", "c"))
    levels = json.loads(fitted.transform.output.field("size").metadata[b"levels"])
    assert levels in (["small", "medium", "large"], ["large", "medium", "small"])


def test_levels_that_tell_nothing_stay_in_the_order_of_their_counts() -> None:
    draw = np.random.default_rng(0)
    names = [f"name {k}" for k in (np.sqrt(draw.random(900)) * 30).astype(int)]
    fitted = fit({"name": names, "y": draw.normal(size=900)}, question=Question.NUMBER)
    levels = json.loads(fitted.transform.output.field("name").metadata[b"levels"])
    assert [names.count(level) for level in levels] == sorted(map(names.count, levels), reverse=True)


def test_levels_of_few_rows_lie_near_the_middle() -> None:
    cities = ["Bonn"] * 40 + ["Köln"] * 40 + ["Ulm"]
    fitted = fit({"city": cities, "y": [0.0] * 40 + [1.0] * 40 + [1.5]}, question=Question.NUMBER)
    assert json.loads(fitted.transform.output.field("city").metadata[b"levels"]) == ["Bonn", "Ulm", "Köln"]


def test_dates_become_their_parts() -> None:
    fitted = fit({"on": ["2024-01-05 10:00", "2024-02-10 10:00", "2023-02-05 12:00", None]})
    assert fitted.transform.apply_one({"on": "2024-02-10T15:00"}) == {
        "on (year)": 2024.0, "on (month)": 2.0, "on (day)": 10.0, "on (weekday)": 5.0, "on (weekend)": 1.0,
        "on (hour)": 15.0, "on (days)": 370.125,
    }  # fmt: skip
    days = fit({"on": ["2024-01-05", "2024-01-06", "2024-01-08"]})
    assert "on (hour)" not in days.transform.output.names
    assert {field.metadata[b"origin"] for field in days.transform.output} == {b"on"}


def test_texts_are_measured_and_searched_for_common_words() -> None:
    words = ["the room was very clean", "the noise was very bad", "never again in the winter", "bad food and bad beds"]
    notes = [f"{text} {at}" for at, text in enumerate(words * 5)]
    one = fit({"note": notes}).transform.apply_one({"note": "bad, BAD room!"})
    assert (one["note (length)"], one["note (words)"]) == (14.0, 3.0)
    assert (one["note (has bad)"], one["note (has noise)"]) == (1.0, 0.0)
    chinese = ["房间很干净服务也很好", "太吵了再也不来这里了", "住一晚还可以的吧好"]
    notes = [f"{text}{at}" for at, text in enumerate(chinese * 5)]
    assert fit({"note": notes}).transform.apply_one({"note": "很好"})["note (has 好)"] == 1.0


def test_what_says_nothing_is_no_feature() -> None:
    rows = 30
    fitted = fit(
        {
            "x": list(range(rows)), "row_id": list(range(rows)), "same": ["a"] * rows, "blank": [None] * rows, "k": ["u"] * rows,
            "weight": [1.0, 2.0] * (rows // 2), "leak": list(range(rows)), "seldom": [1] * 3 + [None] * (rows - 3),
        },
        key="k", weight="weight", exclude=("leak",),
    )  # fmt: skip
    assert fitted.transform.output.names == ["x", "seldom"]
    assert fitted.transform.input.names == ["x", "seldom"]


@pytest.mark.parametrize("columns", [{"same": [1, 1]}, {"blank": [None, None]}, {"y": ["no", "yes"]}])
def test_without_any_feature_it_says_so(columns: dict) -> None:
    with pytest.raises(QualityError, match="no column can serve"):
        fit(columns)


def test_without_rows_it_says_so() -> None:
    with pytest.raises(QualityError, match="no rows"):
        fit({"x": []})


def test_names_do_not_collide() -> None:
    fitted = fit({"on (year)": [1, 2, 3], "on": ["2023-01-05", "2024-01-06", "2025-01-08"]})
    assert len(set(fitted.transform.output.names)) == len(fitted.transform.output.names)
    assert "on (year)'" in fitted.transform.output.names


def test_many_levels_get_the_mean_of_the_target() -> None:
    streets = [f"street {at % 60}" for at in range(1200)]
    answers = ["yes" if at % 60 < 30 else "no" for at in range(1200)]
    fitted = fit({"street": streets, "y": answers}, positive="yes")
    often = fitted.transform.apply_one({"street": "street 1"})
    seldom = fitted.transform.apply_one({"street": "street 59"})
    unseen = fitted.transform.apply_one({"street": "street 99"})
    assert often["street (mean of yes)"] > 0.8 > 0.2 > seldom["street (mean of yes)"]
    assert (unseen["street"], unseen["street (mean of yes)"], unseen["street (share)"]) == (-1, 0.5, 0.0)
    assert math.isnan(fitted.transform.apply_one({})["street (share)"])
    assert often["street (share)"] == pytest.approx(1 / 60)


def test_numbers_and_many_classes_have_means_too() -> None:
    streets = [f"street {at % 60}" for at in range(600)]
    price = fit(
        {"street": streets, "y": [float(at % 60) + 0.5 for at in range(600)]}, question=Question.NUMBER
    ).transform
    assert price.apply_one({"street": "street 59"})["street (mean of y)"] > price.apply_one({})["street"]
    kinds = [("a", "b", "c")[at % 3] for at in range(600)]
    means = fit({"street": streets, "y": kinds}, classes=("a", "b", "c")).transform.apply_one({"street": "street 0"})
    assert means["street (mean of a)"] > means["street (mean of b)"] == means["street (mean of c)"]


def area(score: np.ndarray, positive: np.ndarray) -> float:
    ranks = np.empty(len(score))
    ranks[np.argsort(score, kind="stable")] = np.arange(1, len(score) + 1)
    ups = positive.sum()
    return (ranks[positive].sum() - ups * (ups + 1) / 2) / (ups * (len(score) - ups))


@pytest.mark.parametrize("levels", [200, 1500, 2900])
def test_target_means_do_not_leak(levels: int) -> None:
    """With noise as target, what the training rows see of it says nothing about it."""
    areas = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        positive = rng.random(3000) < 0.3
        columns = {"street": [f"s {at}" for at in rng.integers(0, levels, 3000)], "y": np.where(positive, "yes", "no")}
        train = fit(columns, positive="yes", seed=seed).train
        jitter = rng.random(3000) * 1e-9
        areas.append(area(train["street (mean of yes)"].to_numpy() + jitter, positive))
    assert np.mean(areas) == pytest.approx(0.5, abs=0.02)


def test_weights_count_and_rows_without_target_do_not() -> None:
    streets = [f"street {at % 60}" for at in range(600)]
    answers = ["yes" if at < 300 else "no" for at in range(600)]
    weights = [0.0 if answer == "yes" else 1.0 for answer in answers]
    columns = {"street": streets, "y": answers, "w": weights}
    assert (
        fit(columns, positive="yes", weight="w").transform.apply_one({"street": "street 0"})["street (mean of yes)"]
        == 0
    )
    known = {**columns, "y": [answer if answer == "yes" else None for answer in answers]}
    assert fit(known, positive="yes").transform.apply_one({"street": "street 0"})["street (mean of yes)"] == 1


def test_the_same_rows_and_seed_give_the_same_features() -> None:
    columns = {"street": [f"street {at % 70}" for at in range(300)], "y": ["no", "yes", "yes"] * 100}
    assert fit(columns).train.equals(fit(columns).train)
    assert not fit(columns).train.equals(fit(columns, seed=1).train)


def test_a_transform_of_a_later_release_is_refused(tmp_path) -> None:
    transform = fit({"x": [1, 2]}).transform
    transform.save(tmp_path)
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    (tmp_path / "card.json").write_text(json.dumps({**card, "format": 99}), encoding="utf-8")
    with pytest.raises(Tampered, match="format 99"):
        TableTransform.open(tmp_path, {})


def test_numbers_that_are_names_get_means_beside_themselves() -> None:
    draw = np.random.default_rng(0)
    managers = draw.integers(1000, 90_000, 150)
    who = draw.choice(managers, 3000)
    generous = dict(zip(managers.tolist(), draw.random(150) < 0.5, strict=True))
    y = ["yes" if generous[m] != (draw.random() < 0.1) else "no" for m in who.tolist()]
    fitted = fit({"manager": who, "y": y}, positive="yes")
    assert fitted.train.column_names == ["manager", "manager (mean of yes)", "manager (share)"]
    often = next(m for m in who.tolist() if generous[m])
    one = fitted.transform.apply_one({"manager": str(often)})
    assert one["manager"] == often
    assert one["manager (mean of yes)"] > 0.7
    assert fitted.transform.apply_one({"manager": 7})["manager (share)"] == 0.0
    assert math.isnan(fitted.transform.apply_one({"manager": None})["manager (mean of yes)"])
    batch = fitted.transform.apply(pa.table({"manager": [often, 7, None]})).to_pylist()
    for record, row in zip(({"manager": often}, {"manager": 7}, {}), batch, strict=True):
        assert fitted.transform.apply_one(record) == pytest.approx(row, nan_ok=True)


def test_numbers_that_mean_an_amount_stay_what_they_are() -> None:
    draw = np.random.default_rng(0)
    area = draw.choice(draw.integers(300, 9000, 400), 4000)
    fitted = fit({"area": area, "y": area * 3.0 + draw.normal(0, 50, 4000)}, question=Question.NUMBER)
    assert fitted.train.column_names == ["area"]


def test_of_more_than_ten_classes_no_means_are_made() -> None:
    kinds = [chr(97 + i % 26) for i in range(520)]
    streets = [f"street {i % 130}" for i in range(520)]
    fitted = fit({"street": streets, "x": list(range(520)), "y": kinds}, classes=tuple(sorted(set(kinds))))
    assert [name for name in fitted.train.column_names if "mean" in name] == []
