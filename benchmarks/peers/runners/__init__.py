"""One module per environment or package: how each system fits, predicts, saves and loads."""
