"""What a recipe will take, before it is trained."""
