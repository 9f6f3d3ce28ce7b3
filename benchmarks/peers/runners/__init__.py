"""One module per environment or package: how each peer is asked to fit, predict, save and load."""
