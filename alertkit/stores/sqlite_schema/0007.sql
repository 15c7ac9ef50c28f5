-- Alerts that begin together stand together: their key was in the order of fingerprints, which are as good as random, so that a
-- post of a hundred alerts touched nearly as many pages. What an alert was before it came back is over.
CREATE TABLE occurrence_timed (
  incident INTEGER NOT NULL REFERENCES incident (id),
  starts INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  ends INTEGER,
  severity TEXT NOT NULL,
  post INTEGER NOT NULL,
  PRIMARY KEY (incident, starts, fingerprint)
) STRICT, WITHOUT ROWID;
INSERT INTO occurrence_timed
  SELECT incident, starts, fingerprint,
         coalesce(ends, lead(starts) OVER (PARTITION BY incident, fingerprint ORDER BY starts)), severity, post
  FROM occurrence ORDER BY incident, starts, fingerprint;
DROP TABLE occurrence;
ALTER TABLE occurrence_timed RENAME TO occurrence;
