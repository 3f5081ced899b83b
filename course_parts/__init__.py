"""What `course.py` is made of, with nothing but Python's standard library.

door.py         the commands and their arguments
environment.py  makes .venv and installs the course at the tested versions
torch_build.py  looks which build of torch pip would fetch, before it is fetched
trouble.py      a failed installation, said as a sentence and what to do
laying.py       lays the notebooks in work/ and never loses what a learner wrote
wheels.py       finds the folder of wheels that fits, for a room without network
handout.py      writes the participants' edition, without answers
badges.py       its links to Binder and Colab
steps.py        runs the tests step by step, with time limits and a summary
browser.py      finds a Chromium, Chrome or Edge
saying.py       progress lines, and the one exception that ends in a sentence
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
