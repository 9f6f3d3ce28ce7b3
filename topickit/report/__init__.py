"""Reports: a plain-data summary, rendered as text, CSV, Markdown, JSON and HTML."""
