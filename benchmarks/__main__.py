"""Measure the operators: python -m benchmarks [--quick] [--only NAME] [--mode auto|haswell].

With --explorers it is the interactive pictures that are measured: see benchmarks/explorers.py.

The measuring is done in a child process with the settings that make it fair: one thread, a malloc
that keeps its memory (or torch's times jump between processes), and the BLAS as the mode says.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

FAIR = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "1073741824",
    "MALLOC_TOP_PAD_": "268435456",
}
CHILD = "CNNLAB_BENCH_CHILD"


def main(arguments=None) -> int:
    """Start the child that measures, or be it."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if "--explorers" in given:
        from benchmarks import explorers

        return explorers.main([word for word in given if word != "--explorers"])
    chosen = _parser().parse_args(arguments)
    if os.environ.get(CHILD) == "1":
        return run(chosen)
    surroundings = os.environ | FAIR | {CHILD: "1"}
    if chosen.mode == "haswell":
        surroundings["OPENBLAS_CORETYPE"] = "Haswell"
    else:
        surroundings.pop("OPENBLAS_CORETYPE", None)
    command = [sys.executable, "-m", "benchmarks", *given]
    return subprocess.run(command, env=surroundings).returncode


def run(chosen) -> int:
    """Measure every workload that is asked for; print the table and write the files."""
    from benchmarks import measure, report, workloads

    shrink, rounds = (8, 3) if chosen.tiny else (1, 9 if chosen.quick else 15)
    families = {k: make for k, make in workloads.FAMILIES.items() if k in chosen.family}
    todo = [one for make in families.values() for one in make(shrink)]
    todo = [one for one in todo if chosen.only.lower() in one.name.lower()]
    if not todo:
        print(f"nothing is called {chosen.only!r}", file=sys.stderr)
        return 2
    facts = report.setting(chosen.mode)
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    rows = []
    for number, workload in enumerate(todo, start=1):
        _bar(number, len(todo), workload.name)
        sample = 0.0005 if chosen.tiny else measure.SAMPLE
        rows.append(measure.measure(workload, chosen.mode, rounds, sample))
    print(report.table(rows))
    print(report.EXPLANATION)
    print(report.summary(rows))
    for path in report.write(rows, facts, chosen.out):
        print(f"written: {path}")
    return 0


def _bar(number, total, name) -> None:
    """Say on the terminal what is being measured."""
    cells = round(24 * (number - 1) / total)
    line = f"[{'#' * cells}{'.' * (24 - cells)}] {number}/{total} {name}"
    if sys.stderr.isatty():
        print(f"\r{line:<78}", end="\n" if number == total else "", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def _parser():
    parser = argparse.ArgumentParser(prog="course.py bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds: under two minutes")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes, to see that it works")
    parser.add_argument("--only", default="", help="measure what has this in its name")
    families = ("conv", "gradient", "pool", "activation", "float64")
    parser.add_argument("--family", nargs="+", choices=families, default=families)
    parser.add_argument("--mode", choices=("auto", "haswell"), default="auto", help="the BLAS")
    parser.add_argument("--explorers", action="store_true", help="slider to picture, in a browser")
    parser.add_argument("--out", default="build/bench", help="folder for bench.json and bench.png")
    return parser


if __name__ == "__main__":
    sys.exit(main())
