from pathlib import Path

import pytest

from mainspring.backends.opening import Settings, open_backends, write_default
from mainspring.errors import SpecError


def told(place: Path, text: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    (place / "mainspring.toml").write_text(text, encoding="utf-8")
    return place


def test_without_settings_all_is_in_the_folder(tmp_path: Path) -> None:
    settings = Settings.read(tmp_path / "space", {})
    assert settings.urls.lake == str(tmp_path / "space" / "lake")
    assert settings.urls.database == f"sqlite:///{tmp_path / 'space' / 'mainspring.db'}"
    assert settings.urls.engine == "local"
    assert settings.python_sources is False


def test_the_environment_is_heard_before_the_file(tmp_path: Path) -> None:
    place = told(tmp_path, 'lake = "s3://bucket/lake"\nengine = "local:3"\npython_sources = true\n[storage]\nA = "b"\n')
    settings = Settings.read(place, {})
    assert (settings.urls.lake, settings.urls.engine, settings.python_sources) == ("s3://bucket/lake", "local:3", True)
    assert settings.storage == {"A": "b"}
    assert "'b'" not in repr(settings)
    environment = {
        "MAINSPRING_LAKE": "elsewhere", "MAINSPRING_DATABASE": "postgresql://host/name", "MAINSPRING_ENGINE": "local",
        "MAINSPRING_PYTHON_SOURCES": "no",
    }  # fmt: skip
    settings = Settings.read(place, environment)
    assert settings.urls.lake == str(tmp_path / "elsewhere")
    assert settings.urls.database == "postgresql://host/name"
    assert (settings.urls.engine, settings.python_sources) == ("local", False)


def test_every_wrong_setting_is_told_with_its_line(tmp_path: Path) -> None:
    place = told(tmp_path, '# mine\nlaek = "x"\n\nengine = 4\npython_sources = "yes"\n[storge]\na = 1\n')
    with pytest.raises(SpecError) as refused:
        Settings.read(place, {})
    problems = {problem.path: (problem.line, problem.remedy) for problem in refused.value.problems}
    assert problems["laek"] == (2, "did you mean 'lake'?")
    assert problems["storge"] == (6, "did you mean 'storage'?")
    assert problems["engine"][0] == 4
    assert problems["python_sources"][0] == 5


@pytest.mark.parametrize(
    "text",
    [
        'lake = "ftp://host/lake"', 'engine = "ray://head:10001"', 'bus = "amqp://host"', "lake = ", "lake = 'a'\nlake = 'b'",
        "[storage]\nA = 1",
    ],
)  # fmt: skip
def test_what_this_release_has_not_is_refused_clearly(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecError) as refused:
        Settings.read(told(tmp_path, text), {})
    assert refused.value.remedy or refused.value.problems


def test_a_wrong_word_in_the_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="MAINSPRING_PYTHON_SOURCES"):
        Settings.read(tmp_path, {"MAINSPRING_PYTHON_SOURCES": "perhaps"})
    with pytest.raises(SpecError, match="amqp"):
        Settings.read(tmp_path, {"MAINSPRING_BUS": "amqp://me:secret@host"})


def test_the_default_file_explains_itself_and_changes_nothing(tmp_path: Path) -> None:
    path = write_default(tmp_path / "new")
    assert Settings.read(tmp_path / "new", {}).urls == Settings.read(path.parent, {}).urls
    path.write_text('engine = "local:2"\n')
    write_default(tmp_path / "new")
    assert path.read_text() == 'engine = "local:2"\n'


def test_every_setting_of_the_default_file_is_valid(tmp_path: Path) -> None:
    text = write_default(tmp_path / "new").read_text()
    lines = [
        line.removeprefix("# ")
        for line in text.splitlines()
        if line.startswith(("# [", "# ")) and (" = " in line or "[" in line)
    ]
    place = told(tmp_path / "all", "\n".join(lines))
    settings = Settings.read(place, {})
    assert settings.urls == Settings.read(tmp_path / "all", {}).urls
    assert settings.storage == {"AWS_REGION": "eu-central-1"}


def test_everything_opens_and_is_there_again(tmp_path: Path) -> None:
    with open_backends(Settings.read(tmp_path, {})) as backends:
        backends.cursors.set("retention", 7)
        key = backends.vault.key()
        assert backends.workers >= 1
        assert list(backends.engine.map(abs, [-1, 2])) == [1, 2]
    with open_backends(Settings.read(tmp_path, {})) as backends:
        assert backends.cursors.get("retention") == 7
        assert backends.vault.key() == key
