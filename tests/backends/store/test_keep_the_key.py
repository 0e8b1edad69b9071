import stat
from pathlib import Path

import pytest

from mainspring.backends.store.vault import Vault
from mainspring.errors import StoreError, Tampered


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    key = Vault(path).key()
    assert len(key) == 32
    assert Vault(path).key() == key
    assert Vault(tmp_path / "other").key() != key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["key"]


MAKE = "import sys; from pathlib import Path; from mainspring.backends.store.vault import Vault; "
MAKE += "print('ready', flush=True); sys.stdin.readline(); print(Vault(Path(sys.argv[1])).key().hex())"


def test_two_processes_that_make_it_at_once_have_the_same(tmp_path: Path, child) -> None:
    both = [child(MAKE, tmp_path / "key") for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    first, second = (process.communicate("go\n", timeout=60)[0] for process in both)
    assert first == second
    assert len(first.strip()) == 64


def test_a_spoilt_or_open_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"too short")
    with pytest.raises(Tampered, match="does not hold a key"):
        Vault(tmp_path / "short").key()
    Vault(tmp_path / "open").key()
    (tmp_path / "open").chmod(0o644)
    with pytest.raises(StoreError, match="others may read"):
        Vault(tmp_path / "open").key()
