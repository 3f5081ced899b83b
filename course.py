"""The one door to the course: python3 course.py lab | doctor | handout | test | and others.

It needs Python alone. Everything else is installed into .venv beside this file, so nothing outside
this folder is touched. The work is done in course_parts/; this file only looks whether the Python
that runs it is new enough, and so it is written in words that an old Python reads too.
"""

import os
import sys

NEEDED = (3, 11)


def too_old(version):
    """Return the sentence for a Python that is too old, or None if `version` will do."""
    if tuple(version[:2]) >= NEEDED:
        return None
    # No f-string: Python 2 must be able to read this file to say so.
    return (
        "The course needs Python {0}.{1} or newer; this is Python {2}.{3} ({4}).\n"
        "What to do: install a newer Python from python.org (or with your system's package\n"
        "manager) and start again with it, for example: python3.12 course.py lab"
    ).format(NEEDED[0], NEEDED[1], version[0], version[1], sys.executable)


if __name__ == "__main__":
    message = too_old(sys.version_info)
    if message:
        sys.stderr.write(message + "\n")
        sys.exit(2)
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from course_parts.door import main

    sys.exit(main())
