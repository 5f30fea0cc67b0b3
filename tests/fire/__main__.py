"""``python -m tests.fire``: the long form, with progress and figures. Ends with 0 when nothing was lost, doubled or untrue."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from tests.fire import __doc__ as about
from tests.fire.play import play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fire", description=(about or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=24, help="people who write at the same time")
    parser.add_argument("--kills", type=int, default=0, help="how many in all; without it, one for each 40 people")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing that was started stays behind
    kills = asked.kills or max(5, asked.requests // 40)
    tally = asyncio.run(play(asked.requests, asked.at_once, kills, asked.seed, lambda line: print(line, flush=True)))
    print(tally.told())
    return 0 if tally.good else 1


if __name__ == "__main__":
    sys.exit(main())
