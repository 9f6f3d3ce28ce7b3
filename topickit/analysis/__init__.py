"""Analyses of a fitted model: each function takes a Fitted and returns a small value."""
