"""Files, languages and maximum lengths of sentence-transformers models."""
