-- Signs of life, and how long they have stayed away while somebody listened (microseconds).
CREATE TABLE heartbeat (
  source text PRIMARY KEY CHECK (source <> ''),
  beat bigint NOT NULL,
  listened bigint NOT NULL CHECK (listened >= 0),
  checked bigint NOT NULL
);
