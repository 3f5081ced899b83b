"""`python -m cnnlab`: the `cnnlab` command where its script is not on the path."""

from cnnlab.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
