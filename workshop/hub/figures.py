"""Turn what load.py recorded into the tables of README.md: what was measured, how large a machine.

    python workshop/hub/figures.py            write them into README.md
    python workshop/hub/figures.py --print    only show them

tests/test_hub.py fails when README does not hold them.
"""

import argparse
import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD, README = HERE / "figures.json", HERE / "README.md"
BEGIN, END = "<!-- figures: written by figures.py -->", "<!-- /figures -->"
CLASSES = (10, 20, 30, 60)
SIZES = (4, 8, 16, 32, 64, 128)  # GB that machines are sold with
SYSTEM_GB, SPARE = 1.5, 1.15  # the system and the hub; more than was measured, to be safe
AT_ONCE_SECONDS = 120  # within which a whole class has started and run its first lesson through


def runs():
    """Return the recorded runs, the smallest class first."""
    return sorted(json.loads(RECORD.read_text("utf-8")), key=lambda run: run["participants"])


def measured(found):
    """Return the table of the runs: median and longest of each step."""
    heads = [f"{run['participants']} at once" for run in found]
    lines = ["| median (longest) | " + " | ".join(heads) + " |", "|---|" + "---|" * len(found)]
    for step in found[0]["rows"]:
        cells = [f"{run['rows'][step][0]:g} ({run['rows'][step][2]:g})" for run in found]
        lines.append(f"| {step} | " + " | ".join(cells) + " |")
    lines.append(
        "| the whole class, s | " + " | ".join(str(run["seconds"]) for run in found) + " |"
    )
    loads = [f"{run['load_before']:g} to {run['load_after']:g}" for run in found]
    lines.append("| load of the machine | " + " | ".join(loads) + " |")
    return "\n".join(lines)


def need(participants, found):
    """Return (cores, GB) for a class, from the dearest participant that was measured."""
    seconds = max(run["rows"]["processor, s"][2] for run in found)
    megabytes = max(run["rows"]["memory, MB"][2] for run in found)
    cores = max(2, math.ceil(participants * seconds / AT_ONCE_SECONDS))
    memory = SYSTEM_GB + SPARE * participants * megabytes / 1000
    return cores + cores % 2, next(size for size in SIZES if size >= memory)


def sizing(found):
    """Return the table of sizes."""
    lines = ["| class | cores | memory |", "|---|---|---|"]
    for participants in CLASSES:
        cores, memory = need(participants, found)
        lines.append(f"| {participants} | {cores} | {memory} GB |")
    return "\n".join(lines)


def text():
    """Return both tables with the words that say what they are."""
    found = runs()
    where = sorted({f"{run['cores']} cores and {run['memory_gb']} GB" for run in found})
    return f"""\
{BEGIN}
{measured(found)}

{found[0]["hub"]} on {" and ".join(where)}. {busy(found)}

The sizes below come from the memory and the seconds of processor of each participant: memory for
all with {SPARE - 1:.0%} to spare, and cores for all to start and run the whole lesson within
{AT_ONCE_SECONDS} seconds. People who read between cells need less.

{sizing(found)}

Disk: 3 GB for the system's packages, and 100 MB for each participant.
{END}"""


def busy(found):
    """Return what must be said where the machine had other work to do all the while."""
    if not all(run["load_before"] > run["cores"] for run in found):
        return ""
    return (
        "**The seconds are pessimistic**: the machine\nwas shared, and busy already when each run "
        "began (a load as high as the number of cores would\nbe all that it can do at once)."
    )


def with_figures(page):
    """Return a page with the tables between its two marks."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{text()}{tail}"


def main(arguments=None):
    """Write or show the tables; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--print", action="store_true", dest="show")
    if parser.parse_args(arguments).show:
        print(text())
    else:
        README.write_text(with_figures(README.read_text("utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
