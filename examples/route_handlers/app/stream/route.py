"""A generator streams: each chunk is sent when it is yielded."""

import time


def GET():
    for word in ("one", "two", "three"):
        yield f"{word}\n"
        time.sleep(0.2)
