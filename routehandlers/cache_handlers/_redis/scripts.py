"""Run Lua scripts in Redis."""

from __future__ import annotations

from typing import Any

import redis


def run_script(client: Any, script: Any, keys: list[str], arguments: list[Any]) -> Any:
    """Run a script that keeps a sorted set in the last of its keys.

    If another program wrote a value of another type to that key, delete the key and run the script again.
    """
    try:
        return script(keys, arguments)
    except redis.ResponseError as error:
        if "WRONGTYPE" not in str(error):
            raise
    client.delete(keys[-1])
    return script(keys, arguments)
