"""Starts the reference phone on this machine: ``python -m examples.phone``."""

import argparse

from werkzeug.serving import run_simple

from examples.phone.serving import Phone

HERE = "127.0.0.1"


def main() -> None:
    """Serve the app, and Waymark's API behind it, until Ctrl-C.

    On this machine alone: browsers take 127.0.0.1 for a secure place, and give the app its service
    worker and its messages without a certificate.
    """
    parser = argparse.ArgumentParser(prog="python -m examples.phone", description=__doc__)
    parser.add_argument("--waymark", default="http://127.0.0.1:8000", help="where Waymark listens")
    parser.add_argument("--port", type=int, default=8100)
    asked = parser.parse_args()
    run_simple(HERE, asked.port, Phone(asked.waymark), threaded=True)


if __name__ == "__main__":
    main()
