"""``python -m mainspring`` is the command line."""

from mainspring.faces.cli.main import main

if __name__ == "__main__":
    main()
