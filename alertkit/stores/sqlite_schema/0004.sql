-- Signs of life, and how long they have stayed away while somebody listened (microseconds).
CREATE TABLE heartbeat (
  source TEXT PRIMARY KEY CHECK (source <> ''),
  beat INTEGER NOT NULL,
  listened INTEGER NOT NULL CHECK (listened >= 0),
  checked INTEGER NOT NULL
) STRICT;
