"""The typed recipe, how recipes extend one another, and those that come with the package."""
