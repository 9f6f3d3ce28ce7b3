"""What all other packages build on: arrays, devices, files, progress and checks. Not public."""
