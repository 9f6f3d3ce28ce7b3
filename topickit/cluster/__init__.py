"""Clusterers: unit vectors in, a ClusteringResult out."""
