"""``python -m topickit``: the command."""

from topickit.cli import main

if __name__ == "__main__":
    main()
