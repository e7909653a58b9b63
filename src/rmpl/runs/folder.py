"""The file names of a run's folder."""

CALIBRATION = "calibration.json"
