//! All in which SQLite and PostgreSQL differ.

use sqlx::{
    AssertSqlSafe, SqlSafeStr as _,
    migrate::{Migration, MigrationType},
};

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// One file.
    Sqlite,
    /// A server.
    Postgres,
}

/// Tables, the oldest first, in PostgreSQL's words: what was released never changes, a change is a new one.
const TABLES: [(i64, &str, &str); 1] = [(1, "packs", include_str!("tables/0001_packs.sql"))];

/// What SQLite calls otherwise. A number that it gives rows by itself is an `INTEGER`, and no other word for that will do.
const WORDS_OF_SQLITE: [(&str, &str); 4] = [
    ("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "INTEGER PRIMARY KEY"),
    ("BIGINT", "INTEGER"),
    ("BYTEA", "BLOB"),
    ("DOUBLE PRECISION", "REAL"),
];

impl Dialect {
    /// That of an address.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        match address.split_once("://")?.0 {
            "sqlite" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }

    /// For people and programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// The address as the driver reads it. A file is a name, whatever signs are in it, and is made where it is not there.
    pub(super) fn url(self, address: &str) -> String {
        match (self, address.strip_prefix("sqlite://")) {
            (Self::Sqlite, Some(file)) => {
                let file = file.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
                format!("sqlite://{file}?mode=rwc")
            }
            _ => address.to_owned(),
        }
    }

    /// What each connection is told first. SQLite: readers do not wait for the writer, a crash of the machine may lose the last moment and nothing else, and who
    /// finds it locked waits. PostgreSQL: nothing that is asked here takes so long.
    pub(super) const fn at_start(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &[
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = NORMAL",
                "PRAGMA busy_timeout = 30000",
                "PRAGMA cache_size = -32000",
            ],
            Self::Postgres => &["SET statement_timeout = 30000"],
        }
    }

    /// How a transaction begins that writes.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// How large the database is, in bytes.
    pub(super) const fn size(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            Self::Postgres => "SELECT pg_database_size(current_database())",
        }
    }

    pub(super) fn migrations(self) -> Vec<Migration> {
        TABLES
            .into_iter()
            .map(|(version, name, tables)| {
                let sql = AssertSqlSafe(self.tables(tables)).into_sql_str();
                Migration::new(version, name.into(), MigrationType::Simple, sql, false)
            })
            .collect()
    }

    /// Tables in its own words.
    fn tables(self, tables: &str) -> String {
        match self {
            Self::Postgres => tables.to_owned(),
            Self::Sqlite => {
                let say = |text: String, (theirs, ours): &(&str, &str)| text.replace(theirs, ours);
                WORDS_OF_SQLITE.iter().fold(tables.to_owned(), say)
            }
        }
    }
}

/// An address that can be shown.
pub(super) fn without_password(address: &str) -> String {
    let shown = url::Url::parse(address).ok().and_then(|mut url| {
        url.password()?;
        url.set_password(Some("***")).ok()?;
        Some(url.to_string())
    });
    crate::model::clean::clean_within(&shown.unwrap_or_else(|| address.to_owned()), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_a_kind_and_show_no_password() {
        assert_eq!(Dialect::of("sqlite:///a/b?c"), Some(Dialect::Sqlite));
        assert_eq!(Dialect::Sqlite.url("sqlite:///a/b?c %d"), "sqlite:///a/b%3Fc %25d?mode=rwc");
        assert_eq!(Dialect::of("postgresql://h/n"), Some(Dialect::Postgres));
        assert_eq!(Dialect::of("mysql://h/n"), None);
        assert_eq!(Dialect::of("/a/b"), None);
        assert_eq!(without_password("mysql://u:secret@h/n"), "mysql://u:***@h/n");
    }
}
