"""Two versions of a project, compared: metrics, parameters, stages, files, plots, predictions."""
