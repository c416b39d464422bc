"""python -m demo --url URL: what `make demo` runs once its server answers."""

import os
import sys
from argparse import ArgumentParser

from django.core.management import execute_from_command_line


def main() -> None:
    parser = ArgumentParser(prog="python -m demo")
    parser.add_argument("--url", required=True)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    execute_from_command_line([sys.argv[0], "play_month", "--base-url", options.url])


if __name__ == "__main__":
    main()
