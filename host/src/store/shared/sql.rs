//! The statements of the shared store. What is the same for both databases stands once.

/// Every statement, for one kind of database.
pub(super) struct Statements {
    pub(super) tables: &'static [&'static str],
    pub(super) begin: &'static str,
    pub(super) begin_again: &'static str,
    pub(super) take_over: &'static str,
    pub(super) forget_hosts: &'static str,
    pub(super) forget_pieces: &'static str,
    pub(super) forget_open_pieces: &'static str,
    pub(super) terms: &'static str,
    pub(super) beat: &'static str,
    pub(super) standing: &'static str,
    pub(super) end: &'static str,
    pub(super) reference: &'static str,
    pub(super) publish_reference: &'static str,
    pub(super) join: &'static str,
    pub(super) report: &'static str,
    pub(super) hosts: &'static str,
    pub(super) offer: &'static str,
    pub(super) claim: &'static str,
    pub(super) renew: &'static str,
    pub(super) finish: &'static str,
    pub(super) result: &'static str,
}

/// The statements with a database's clock, what locks the row of a claim, and what lets one at a time make the tables.
macro_rules! statements {
    ($now:literal, $lock:literal, $alone:literal) => {
        Statements {
            tables: &[
                $alone,
                "CREATE TABLE IF NOT EXISTS fleet_studies (
                    study TEXT PRIMARY KEY, seed TEXT NOT NULL, salt TEXT NOT NULL, began DOUBLE PRECISION NOT NULL,
                    leader TEXT NOT NULL, leader_until DOUBLE PRECISION NOT NULL, reference TEXT, result TEXT)",
                "CREATE TABLE IF NOT EXISTS fleet_hosts (
                    study TEXT NOT NULL, place BIGINT NOT NULL, owner TEXT NOT NULL, report TEXT NOT NULL,
                    there_until DOUBLE PRECISION NOT NULL, PRIMARY KEY (study, place))",
                "CREATE TABLE IF NOT EXISTS fleet_pieces (
                    study TEXT NOT NULL, piece TEXT NOT NULL, number BIGINT NOT NULL, work TEXT NOT NULL,
                    holder TEXT, held_until DOUBLE PRECISION NOT NULL DEFAULT 0, result TEXT, PRIMARY KEY (study, piece))",
                "CREATE INDEX IF NOT EXISTS fleet_open_pieces ON fleet_pieces (study, number) WHERE result IS NULL",
            ],
            begin: concat!(
                "INSERT INTO fleet_studies (study, seed, salt, began, leader, leader_until)
                 VALUES ($1, $2, $3, ", $now, ", $4, ", $now, " + $5) ON CONFLICT (study) DO NOTHING"
            ),
            begin_again: concat!(
                "UPDATE fleet_studies SET seed = $2, salt = $3, began = ", $now, ", leader = $4, leader_until = ", $now,
                " + $5, reference = NULL, result = NULL WHERE study = $1 AND result IS NOT NULL"
            ),
            take_over: concat!(
                "UPDATE fleet_studies SET leader = $2, leader_until = ", $now, " + $3, began = ", $now,
                ", reference = NULL WHERE study = $1 AND result IS NULL AND leader_until < ", $now
            ),
            forget_hosts: "DELETE FROM fleet_hosts WHERE study = $1",
            forget_pieces: "DELETE FROM fleet_pieces WHERE study = $1",
            forget_open_pieces: "DELETE FROM fleet_pieces WHERE study = $1 AND result IS NULL",
            terms: concat!("SELECT seed, salt, ", $now, " - began FROM fleet_studies WHERE study = $1"),
            beat: concat!(
                "UPDATE fleet_studies SET leader_until = ", $now, " + $3 WHERE study = $1 AND leader = $2"
            ),
            standing: concat!("SELECT result, leader_until - ", $now, " FROM fleet_studies WHERE study = $1"),
            end: "UPDATE fleet_studies SET result = $3 WHERE study = $1 AND leader = $2",
            reference: "SELECT reference FROM fleet_studies WHERE study = $1",
            publish_reference: "UPDATE fleet_studies SET reference = $2 WHERE study = $1",
            join: concat!(
                "INSERT INTO fleet_hosts (study, place, owner, report, there_until)
                 SELECT $1, CASE WHEN COALESCE(MAX(place) + 1, 0) < $2 THEN $2 ELSE COALESCE(MAX(place) + 1, 0) END, $3, $4, ", $now,
                " + $5 FROM fleet_hosts WHERE study = $1 RETURNING place"
            ),
            report: concat!(
                "UPDATE fleet_hosts SET report = $3, there_until = ", $now, " + $4 WHERE study = $1 AND place = $2"
            ),
            hosts: concat!(
                "SELECT place, report, there_until - ", $now, " FROM fleet_hosts WHERE study = $1 ORDER BY place"
            ),
            offer: "INSERT INTO fleet_pieces (study, piece, number, work) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (study, piece) DO NOTHING",
            claim: concat!(
                "UPDATE fleet_pieces SET holder = $2, held_until = ", $now, " + $3 WHERE study = $1 AND piece = (
                    SELECT piece FROM fleet_pieces WHERE study = $1 AND result IS NULL AND held_until < ", $now,
                " ORDER BY number LIMIT 1 ", $lock, ") AND result IS NULL AND held_until < ", $now, " RETURNING piece, work"
            ),
            renew: concat!(
                "UPDATE fleet_pieces SET held_until = ", $now,
                " + $4 WHERE study = $1 AND piece = $2 AND holder = $3 AND result IS NULL"
            ),
            finish: "UPDATE fleet_pieces SET result = $4
                     WHERE study = $1 AND piece = $2 AND holder = $3 AND result IS NULL",
            result: "SELECT result FROM fleet_pieces WHERE study = $1 AND piece = $2",
        }
    };
}

/// Rows are locked, and those that another one has locked are passed over.
pub(super) const POSTGRES: Statements = statements!(
    "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)",
    "FOR UPDATE SKIP LOCKED",
    "SELECT pg_advisory_xact_lock(7261)"
);

/// One writes at a time, so that a statement is all that a claim needs.
pub(super) const SQLITE: Statements = statements!("((julianday('now') - 2440587.5) * 86400.0)", "", "SELECT 1");
