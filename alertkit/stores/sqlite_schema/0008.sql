-- Since when Alertmanager no longer confirms an incident, for long enough that its messages say so.
ALTER TABLE incident ADD COLUMN stale_since INTEGER CHECK (resolved IS NULL OR stale_since IS NULL);
