"""A model behind HTTP: requests in, predictions, refusals, metrics and a log out."""
