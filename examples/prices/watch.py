"""Request a price twice a second and show how the cache answered: python watch.py [URL] [TIMES]"""

import json
import re
import sys
import time
from urllib.request import urlopen

URL = "http://127.0.0.1:8000/prices/OAK"


def state_of(cache_status: str) -> str:
    """Return the word for a ``Cache-Status`` (RFC 9211)."""
    if "; hit" not in cache_status:
        return "MISS"
    left = re.search(r"ttl=(-?\d+)", cache_status)
    return "STALE" if left is not None and int(left[1]) < 0 else "HIT"


def watch(url: str, times: int) -> None:
    print("second  state  age  took      price")
    begun = time.monotonic()
    for _ in range(times):
        asked = time.monotonic()
        with urlopen(url) as answer:
            body = json.load(answer)
            state, age = state_of(answer.headers["Cache-Status"]), answer.headers["Age"]
        took = time.monotonic() - asked
        print(f"{asked - begun:6.1f}  {state:5}  {age:>3}  {took * 1000:6.1f} ms  {body['price']}", flush=True)
        time.sleep(max(0, 0.5 - took))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    try:
        watch(arguments[0] if arguments else URL, int(arguments[1]) if len(arguments) > 1 else sys.maxsize)
    except KeyboardInterrupt:
        print()
