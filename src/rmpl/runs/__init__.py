"""What a run's folder holds and how it is loaded, described and published."""
