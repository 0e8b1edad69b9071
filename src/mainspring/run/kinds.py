"""Kinds: every kind of saved part, from the rooms that keep them, and what is loaded only when it is asked for."""

from mainspring.model import Kinds
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.prepare.kinds import TRANSFORMS

KINDS: Kinds = {**MODELS, **TRANSFORMS}

TRAIN = "mainspring.run.train.order:train"
PLAN = "mainspring.run.train.planning.foresee:foresee"
LOADING = "mainspring.run.train.planning.loading"
REPEAT = "mainspring.run.again.repeat:repeat"
RETRAIN = "mainspring.run.retrain.order:retrain"
"""Learning brings its libraries along; whoever only decides must not pay for them."""

LABELLING = "mainspring.run.labelling.asked"
"""Asking for labels looks at what was learned from."""

WATCH = "mainspring.run.watch.order"
"""So does watching, which a process that decides does now and then."""

FLOWS = {
    "run": "mainspring.run.flows.learning",
    "campaign": "mainspring.run.flows.campaign",
    "promotion": "mainspring.run.flows.promotion",
    "backup": "mainspring.run.flows.backup",
    "retrain": "mainspring.run.flows.retraining",
}
"""What is carried out in durable steps: each kind's module, which begins and carries out."""
