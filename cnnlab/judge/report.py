"""How far a learner has come, asked in a notebook or by `cnnlab progress` in the terminal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cnnlab.judge import progress
from cnnlab.judge.panel import Progress
from cnnlab.judge.progress import NotKeptError


def my_progress() -> Progress:
    """Return how far you have come: a bar for each lesson, what is next, mistakes met and mended.

    >>> type(my_progress()).__name__
    'Progress'
    """
    return Progress(progress.events())


def progress_command(argv: list[str]) -> int:
    """Run `cnnlab progress`: show it, write it to a file, or forget it after asking."""
    parser = argparse.ArgumentParser(prog="cnnlab progress", description="How far you have come.")
    parser.add_argument("--export", metavar="FILE", type=Path, help="write all events as JSON")
    parser.add_argument("--reset", action="store_true", help="forget everything (asks first)")
    parser.add_argument("--yes", action="store_true", help="with --reset: do not ask")
    wanted = parser.parse_args(argv)
    trouble = progress.trouble()
    if trouble:
        print(f"cnnlab progress: {trouble}", file=sys.stderr)
        return 1
    try:
        if wanted.export is not None:
            print(f"{progress.export(wanted.export)} events written to {wanted.export}")
        if wanted.reset:
            return _reset(wanted.yes)
    except (NotKeptError, OSError) as trouble:
        print(f"cnnlab progress: {trouble}", file=sys.stderr)
        return 1
    if wanted.export is None:
        print(my_progress())
        print(f"kept in {progress.data_folder() / progress.FILE}")
    return 0


def _reset(sure: bool) -> int:
    count = len(progress.events())
    if not sure:
        try:
            said = input(f"Forget {count} events of your progress? Type yes: ")
        except EOFError:
            said = ""
        if said.strip().lower() != "yes":
            print("Nothing was changed.")
            return 1
    progress.reset()
    print(f"{count} events forgotten.")
    return 0
