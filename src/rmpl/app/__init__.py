"""The app in a browser and its HTTP API: extraction for people who look, and for programs."""
