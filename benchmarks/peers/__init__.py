"""The benchmark of the field: ``python -m benchmarks.peers``, each peer in an environment of its own.

Runners are run by the peers' interpreters, so this file and `benchmarks.peers.protocol` import nothing but
the standard library and NumPy.
"""
