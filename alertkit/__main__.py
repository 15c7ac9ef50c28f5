"""python -m alertkit: the same as the command `alertkit`."""

from alertkit.cli import main

if __name__ == "__main__":
    main()
