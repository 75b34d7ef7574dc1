"""Work on several items at a time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_threads(function: Callable[[T], R], items: Iterable[T], threads: int) -> Iterable[R]:
    """Apply a function to each item in threads; results in order, a few items ahead at most.

    Decompression and filters release Python's global lock, so threads suffice.

    Parameters
    ----------
    function : callable
        What is applied.
    items : iterable
        What it is applied to.
    threads : int
        Calls at a time.
    """
    if threads <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = []
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > 2 * threads:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()
