"""What was compiled, put to the test: promtool's cases, where routes lead, and the real tools' opinion."""
