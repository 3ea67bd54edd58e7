"""The parameters of a notebook beside the values of params.yaml, and the way back."""
