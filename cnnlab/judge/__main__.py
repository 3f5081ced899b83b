"""`python -m cnnlab.judge --table`: the exercises, their capabilities and their mistakes."""

from __future__ import annotations

import argparse
import sys

from cnnlab.judge.bank import exercises
from cnnlab.judge.exercise import Exercise


def main(argv: list[str]) -> int:
    """Print the table of all exercises as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m cnnlab.judge")
    parser.add_argument("--table", action="store_true", help="exercises, capabilities, mistakes")
    if not parser.parse_args(argv).table:
        parser.print_help()
        return 2
    print("| section | exercise | capabilities | mistakes |\n|---|---|---|---|")
    bank = exercises()
    for one in bank.values():
        print(_row(one))
    mistakes = sum(len(one.mistakes) for one in bank.values())
    rungs = sum(len(one.ladder) for one in bank.values())
    print(f"\n{len(bank)} exercises, {rungs} capabilities, {mistakes} mistakes")
    return 0


def _row(one: Exercise) -> str:
    rungs = ", ".join(rung.name for rung in one.ladder)
    slugs = ", ".join(mistake.slug for mistake in one.mistakes)
    call = f"`{one.name}{one.signature}`"
    return f"| {one.section} | {call} | {rungs} | {len(one.mistakes)}: {slugs} |"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
