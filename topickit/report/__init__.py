"""Reports: plain data first (`summary`), then text, CSV, Markdown, JSON and HTML made of it."""
