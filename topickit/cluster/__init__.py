"""Clusterers: unit vectors in, a Grouping out."""
