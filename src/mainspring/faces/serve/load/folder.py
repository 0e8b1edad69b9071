"""Folder: what several workers have in common on the disk, for as long as any of them lives, or the one that supervises them."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mainspring.backends.store.locks import file_lock
from mainspring.errors import MainspringError

PREFIX, LOCK = "mainspring-serve-", ".lock"
SUPERVISOR = "supervisor"
PLACE = "MAINSPRING_WORKERS"
"""In the environment of a worker: the folder."""


@contextmanager
def made() -> Generator[Path]:
    """A new one, of the process that supervises; removed at the end. What others left behind, who were all killed, is removed first."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        remove_unused(left)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with _held(folder, SUPERVISOR):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def used(name: str) -> Generator[None]:
    """Hold the folder that this worker was told of, where it was; the last that lets go of it, once nobody supervises any more, removes
    it.
    """
    folder = Path(os.environ.get(PLACE, ""))
    if not _supervised(folder):
        yield
        return
    try:
        with _held(folder, name):
            yield
    finally:
        remove_unused(folder)


def remove_unused(folder: Path) -> None:
    """Remove such a folder of ours that no living process holds. Any other is left alone."""
    try:
        if folder.is_symlink() or not _ours(folder) or not _supervised(folder):
            return
        with ExitStack() as holding:
            for lock in folder.glob(f"*{LOCK}"):
                holding.enter_context(_held(folder, lock.name.removesuffix(LOCK), wait=False))
            shutil.rmtree(folder, ignore_errors=True)
    except (MainspringError, OSError):
        return  # somebody lives, or has just removed it


def _supervised(folder: Path) -> bool:
    return (folder / f"{SUPERVISOR}{LOCK}").exists()


def _ours(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()


@contextmanager
def _held(folder: Path, name: str, *, wait: bool = True) -> Generator[None]:
    with file_lock(folder / f"{name}{LOCK}", "the gateway's workers", wait=wait):
        yield
