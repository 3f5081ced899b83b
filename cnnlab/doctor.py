"""`cnnlab doctor`: the look at a machine the day before, a line for each thing the course needs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial

from cnnlab import machine
from cnnlab.machine import Finding

# What is looked at, in this order; to look at one thing more, write it in machine.py and here.
LOOKS: dict[str, Callable[[], Finding]] = {
    "Python": machine.python,
    **{name: partial(machine.installed, name) for name in machine.TESTED["packages"]},
    "cnnlab": machine.package,  # after NumPy, which it can't do without
    "torch computes": machine.torch_computes,
    "kernel": machine.kernel,
    **{f"{name} in Lab": partial(machine.front_end, name) for name in machine.FRONT_ENDS},
    "port": machine.port,
    "disk": machine.disk,
    "memory": machine.memory,
    "work folder": machine.work,
    "file names": machine.names,
    "progress file": machine.progress,
}
AGAIN = "cnnlab doctor"


def doctor(arguments: list[str]) -> int:
    """Look at everything; say a line each, or all of it as JSON; return 0 when all is well."""
    parser = argparse.ArgumentParser(
        prog="cnnlab doctor", description="Say whether this machine has what the course needs."
    )
    parser.add_argument("--json", action="store_true", help="all findings as JSON")
    as_json = parser.parse_args(arguments).json
    found = {}
    for name, finding in look():
        found[name] = finding
        if not as_json:
            print(line(name, finding), flush=True)
    ill = [name for name, finding in found.items() if not finding.ok]
    if as_json:
        rows = [{"name": name, **finding._asdict()} for name, finding in found.items()]
        print(json.dumps({"ready": not ill, "looks": rows}, indent=1))
    else:
        print(summary(ill))
    return 1 if ill else 0


def look() -> Iterator[tuple[str, Finding]]:
    """Yield each name with its finding; a look that crashes is a finding too."""
    for name, one in LOOKS.items():
        try:
            finding = one()
        except (Exception, SystemExit) as error:  # broken in a way that nobody has thought of
            finding = Finding(False, machine.said(error), machine.door("lab --fresh"))
        yield name, finding if not finding.ok else finding._replace(mend="")


def line(name: str, finding: Finding) -> str:
    """Return a finding as a line, with a second one where something is to be done.

    >>> print(line("disk", Finding(False, "0.1 GB free", "pip cache purge")))
    MEND  disk               0.1 GB free
          do: pip cache purge
    """
    text = f"{'OK' if finding.ok else 'MEND':<5} {name:<18} {finding.found}"
    return text if finding.ok else f"{text}\n      do: {finding.mend}"


def summary(ill: list[str]) -> str:
    """Return the last line.

    >>> summary([]).strip()
    'This machine is ready.'
    """
    if not ill:
        return "\nThis machine is ready."
    return f"\nThis machine is not ready. Begin with {ill[0]}, then once more: {AGAIN}"
