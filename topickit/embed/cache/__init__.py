"""The embedding cache: a wrapper around embedders, and the SQLite file behind it."""
