"""Measurements behind every claim; ``python -m benchmarks`` regenerates RESULTS.md."""
