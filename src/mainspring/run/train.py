"""Train: the order of a learning run, from the declaration to a registered version and its report."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version as release
from pathlib import Path
from typing import Any

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.measure.profile import profile
from mainspring.run import prepare
from mainspring.run.collect import collect
from mainspring.run.flow import Flow, Result
from mainspring.run.learn import learn
from mainspring.run.progress import RunProgress
from mainspring.run.register import register
from mainspring.run.reporting import write_report
from mainspring.steps.source.reader import Surroundings
