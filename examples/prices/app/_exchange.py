"""A slow source. Replace it with your database, your API or your model."""

import itertools
import os
import random
import time

SECONDS = float(os.environ.get("EXCHANGE_SECONDS", "1.5"))

PRICES = {"OAK": 120.0, "ELM": 75.5, "ASH": 12.25}

calls = itertools.count(1)


def find_price(symbol: str) -> dict[str, object] | None:
    """Return the current price, or ``None`` if the symbol is not traded."""
    if symbol not in PRICES:
        return None
    time.sleep(SECONDS)
    PRICES[symbol] = round(PRICES[symbol] * random.uniform(0.98, 1.02), 2)
    return {"symbol": symbol, "price": PRICES[symbol], "call": next(calls)}
