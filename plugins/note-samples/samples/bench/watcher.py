"""Watches folders by polling, and runs commands when files have settled."""

from __future__ import annotations

import fnmatch
import logging
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

log = logging.getLogger("watcher")

DEFAULT_IGNORES = ("*.pyc", ".git", "__pycache__", "*~")
SETTLE_SECONDS = 0.3


class Snapshot:
    """Modification times of everything below some roots."""

    def __init__(self, stamps: dict[Path, int]) -> None:
        self.stamps = stamps

    @classmethod
    def take(cls, roots: Iterable[Path], ignores: Iterable[str] = DEFAULT_IGNORES) -> "Snapshot":
        stamps: dict[Path, int] = {}
        for root in roots:
            for folder, folders, files in os.walk(root):
                folders[:] = [name for name in folders if not is_ignored(name, ignores)]
                for name in files:
                    if is_ignored(name, ignores):
                        continue
                    path = Path(folder, name)
                    try:
                        stamps[path] = path.stat().st_mtime_ns
                    except FileNotFoundError:
                        log.debug("%s vanished while it was looked at", path)
        return cls(stamps)

    def changed_since(self, older: "Snapshot") -> set[Path]:
        touched = {path for path, stamp in self.stamps.items() if older.stamps.get(path) != stamp}
        return touched | (older.stamps.keys() - self.stamps.keys())


def is_ignored(name: str, ignores: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in ignores)


class Debouncer:
    """Holds changes back until nothing moved for a while."""

    def __init__(self, settle: float = SETTLE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self.settle = settle
        self.clock = clock
        self.pending: set[Path] = set()
        self.last_change = 0.0

    def push(self, paths: set[Path]) -> None:
        if paths:
            self.pending |= paths
            self.last_change = self.clock()

    def pop_settled(self) -> set[Path]:
        if not self.pending or self.clock() - self.last_change < self.settle:
            return set()
        settled, self.pending = self.pending, set()
        return settled


class CommandRunner:
    """Starts a command for a batch of files; a new batch ends the old run."""

    def __init__(self, template: str) -> None:
        self.template = template
        self.process: subprocess.Popen[bytes] | None = None

    def command_for(self, paths: set[Path]) -> list[str]:
        listed = " ".join(shlex.quote(str(path)) for path in sorted(paths))
        return shlex.split(self.template.replace("{files}", listed))

    def restart(self, paths: set[Path]) -> None:
        self.stop()
        self.process = subprocess.Popen(self.command_for(paths))

    def stop(self, patience: float = 2.0) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            log.warning("the command does not end, it is killed")
            self.process.kill()


def watch(roots: list[Path], runner: CommandRunner, interval: float = 0.5) -> None:
    """Polls for ever; ends with the keyboard."""
    debouncer = Debouncer()
    before = Snapshot.take(roots)
    try:
        while True:
            time.sleep(interval)
            now = Snapshot.take(roots)
            debouncer.push(now.changed_since(before))
            before = now
            if settled := debouncer.pop_settled():
                log.info("%d files changed", len(settled))
                runner.restart(settled)
    except KeyboardInterrupt:
        runner.stop()
