"""The distilled embedder: a teacher's embeddings of a sample, and a student fitted to them for the rest."""
