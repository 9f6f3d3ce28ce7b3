"""Keywords: the words of a topic, from texts to a ranked list."""
