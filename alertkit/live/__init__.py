"""Questions to running servers. Read-only: nothing here changes anything anywhere."""
