"""``python -m ecmkit``: the command line, where its script is not on the path."""

from ecmkit.cli import main

if __name__ == "__main__":
    main()
