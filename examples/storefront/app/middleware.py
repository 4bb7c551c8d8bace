import time


def middleware(request):
    started = time.perf_counter()
    response = yield
    response.headers["Server-Timing"] = f"app;dur={(time.perf_counter() - started) * 1000:.1f}"
