"""The input of a model: documents, timestamps and classes, and the files that they are read from."""
