"""Compiled loops work where no machine code can be kept."""

import numba

from topickit._core.jit import jit


def test_compiles_where_no_cache_can_be_written(monkeypatch):
    original = numba.njit

    def njit(*, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return original(**options)

    monkeypatch.setattr(numba, "njit", njit)
    assert jit()(lambda x: x + 1)(2) == 3
