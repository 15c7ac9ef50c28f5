-- The W3C trace of the webhook that opened an incident.
ALTER TABLE incident ADD COLUMN trace TEXT NOT NULL DEFAULT '';
