"""What happens beside a training loop, one concern a file."""
