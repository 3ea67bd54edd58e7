"""What IPython's syntax becomes in plain Python."""
