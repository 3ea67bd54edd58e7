"""A notebook's pipeline as one page that needs nothing else."""
