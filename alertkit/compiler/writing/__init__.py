"""From values to files: rendering, comparing, replacing, and the record of what was written."""
