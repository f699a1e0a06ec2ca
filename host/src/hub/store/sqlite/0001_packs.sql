-- Packs and what is asked of them.
CREATE TABLE hub_counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO hub_counters (name, value) VALUES ('number', 0), ('packs', 0), ('quarantined', 0);
CREATE TABLE hub_secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE hub_keys (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
CREATE TABLE hub_models (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, votes INTEGER NOT NULL DEFAULT 0);
CREATE TABLE hub_digests (digest TEXT PRIMARY KEY, model INTEGER NOT NULL REFERENCES hub_models (id));
CREATE TABLE hub_classes (
    id INTEGER PRIMARY KEY,
    model INTEGER NOT NULL REFERENCES hub_models (id),
    hardware TEXT NOT NULL,
    workload TEXT NOT NULL,
    votes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (model, hardware, workload)
);
CREATE INDEX hub_classes_by_hardware ON hub_classes (hardware, votes);
CREATE TABLE hub_packs (
    hash BLOB PRIMARY KEY,
    number INTEGER NOT NULL,
    model INTEGER NOT NULL,
    class INTEGER NOT NULL,
    key INTEGER NOT NULL,
    state INTEGER NOT NULL,
    lot INTEGER NOT NULL,
    speed REAL,
    tokens REAL,
    month TEXT NOT NULL,
    why TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX hub_packs_by_number ON hub_packs (number);
CREATE INDEX hub_packs_by_model ON hub_packs (model, number) WHERE state < 2;
CREATE INDEX hub_packs_votes ON hub_packs (class, lot) WHERE state = 0;
CREATE INDEX hub_packs_waiting ON hub_packs (class) WHERE state = 2;
CREATE INDEX hub_packs_by_key ON hub_packs (key, class);
CREATE TABLE hub_days (key INTEGER NOT NULL, day INTEGER NOT NULL, packs INTEGER NOT NULL, PRIMARY KEY (key, day));
CREATE TABLE hub_requests (request BLOB PRIMARY KEY, at INTEGER NOT NULL);
CREATE INDEX hub_requests_by_time ON hub_requests (at);
