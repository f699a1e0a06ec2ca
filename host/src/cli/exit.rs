//! How the program ends: the exit codes, a promise to scripts.

use std::process::ExitCode;

use crate::model::study::Outcome;

/// Every exit code there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// 0: done.
    Done,
    /// 1: finished, without a candidate that meets the constraints, or with files of a batch lost.
    NothingFeasible,
    /// 2: the command line or a settings file is wrong.
    Usage,
    /// 3: the server cannot be reached, fails, or does not have the model.
    Server,
    /// 4: a plugin cannot be used.
    Plugin,
    /// 5: this environment is not fit for a study.
    Unfit,
    /// 6: `watch --once`: the settings are no longer what they were.
    Alert,
    /// 70: a bug (`EX_SOFTWARE` of sysexits.h).
    Internal,
    /// 130: interrupted, after a partial report (128 + SIGINT, as shells count).
    Interrupted,
}

impl ExitStatus {
    pub const ALL: [Self; 9] = [
        Self::Done,
        Self::NothingFeasible,
        Self::Usage,
        Self::Server,
        Self::Plugin,
        Self::Unfit,
        Self::Alert,
        Self::Internal,
        Self::Interrupted,
    ];

    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NothingFeasible => 1,
            Self::Usage => 2,
            Self::Server => 3,
            Self::Plugin => 4,
            Self::Unfit => 5,
            Self::Alert => 6,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }

    /// What it means, for `--help`.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NothingFeasible => "finished, but nothing meets the constraints, or files of a batch are lost",
            Self::Usage => "wrong usage or settings",
            Self::Server => "server unreachable or failing, or model missing",
            Self::Plugin => "a plugin cannot be used",
            Self::Unfit => "this environment is not fit for a study",
            Self::Alert => "watch: the settings are no longer what they were",
            Self::Internal => "internal error: a bug",
            Self::Interrupted => "interrupted, after a partial report",
        }
    }

    /// How a command ends whose study ended so.
    #[must_use]
    pub const fn of_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Improved | Outcome::KeepBaseline => Self::Done,
            Outcome::NothingFeasible => Self::NothingFeasible,
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
