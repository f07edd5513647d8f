"""The only folder that knows of threads."""
