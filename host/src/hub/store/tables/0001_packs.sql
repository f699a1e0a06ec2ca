-- Packs and what is asked of them. PostgreSQL's words: `Dialect::tables` says them in SQLite's.
CREATE TABLE hub_counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO hub_counters (name, value) VALUES ('number', 0), ('packs', 0), ('quarantined', 0);
CREATE TABLE hub_secrets (name TEXT PRIMARY KEY, value BYTEA NOT NULL);
CREATE TABLE hub_keys (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key BYTEA NOT NULL UNIQUE);
CREATE TABLE hub_models (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label TEXT NOT NULL UNIQUE, votes BIGINT NOT NULL DEFAULT 0);
CREATE TABLE hub_digests (digest TEXT PRIMARY KEY, model BIGINT NOT NULL REFERENCES hub_models (id));
CREATE TABLE hub_classes (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model BIGINT NOT NULL REFERENCES hub_models (id),
    hardware TEXT NOT NULL,
    workload TEXT NOT NULL,
    votes BIGINT NOT NULL DEFAULT 0,
    UNIQUE (model, hardware, workload)
);
CREATE INDEX hub_classes_by_hardware ON hub_classes (hardware, votes DESC, id);
CREATE INDEX hub_classes_by_model ON hub_classes (model, votes DESC, id);
CREATE INDEX hub_classes_by_votes ON hub_classes (votes DESC, id);
CREATE TABLE hub_packs (
    hash BYTEA PRIMARY KEY,
    number BIGINT NOT NULL,
    model BIGINT NOT NULL,
    class BIGINT NOT NULL,
    key BIGINT NOT NULL,
    state BIGINT NOT NULL,
    lot BIGINT NOT NULL,
    speed DOUBLE PRECISION,
    tokens DOUBLE PRECISION,
    month TEXT NOT NULL,
    why TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX hub_packs_by_number ON hub_packs (number);
CREATE INDEX hub_packs_by_model ON hub_packs (model, number) WHERE state < 2;
-- All that a class is judged by, so that no row is read for it: a row has its pack beside it, and is somewhere else each time.
CREATE INDEX hub_packs_votes ON hub_packs (class, lot, key, speed, tokens, number) WHERE state = 0;
CREATE INDEX hub_packs_waiting ON hub_packs (class, number) WHERE state = 2;
CREATE INDEX hub_packs_by_key ON hub_packs (key, class);
CREATE TABLE hub_days (key BIGINT NOT NULL, day BIGINT NOT NULL, packs BIGINT NOT NULL, PRIMARY KEY (key, day));
CREATE TABLE hub_requests (request BYTEA PRIMARY KEY, at BIGINT NOT NULL);
CREATE INDEX hub_requests_by_time ON hub_requests (at);
