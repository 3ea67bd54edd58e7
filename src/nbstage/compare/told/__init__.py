"""A comparison as Markdown, as a page, and as data for a machine."""
