//! What can go wrong: a [`Fault`] names stage, file, feature, problem and remedy; a [`Failure`] carries
//! every fault of a run, never only the first, and knows the exit code.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The part of the data's way in which a fault was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Config,
    Read,
    Disclose,
    Project,
    Inspect,
    Snapshot,
    Plan,
    Tile,
    Extract,
    Page,
    Release,
    Account,
    Package,
    Serve,
}

/// Exit codes of every command. 0 is success; partial output never exits 0.
///
/// The order is that of gravity: a run with faults of several kinds exits with the gravest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// 1: a fault of congbo itself.
    Unexpected,
    /// 8: a deadline has passed: of publication, of a request, of an account to close.
    Overdue,
    /// 5: geometry, completeness or budget refused.
    Quality,
    /// 2: usage or configuration.
    Usage,
    /// 7: disk full, permission, a file that cannot be read or written.
    Storage,
    /// 6: a signature or digest of something congbo wrote does not hold.
    Verification,
    /// 3: approval, checksum, signature or coordinate system of an input.
    Input,
    /// 4: something private or unlisted would have gone out.
    Disclosure,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Unexpected => 1,
            Exit::Usage => 2,
            Exit::Input => 3,
            Exit::Disclosure => 4,
            Exit::Quality => 5,
            Exit::Verification => 6,
            Exit::Storage => 7,
            Exit::Overdue => 8,
        }
    }
}

/// One thing that is wrong, in the terms of the person who can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub stage: Stage,
    pub exit: Exit,
    /// Path relative to the site folder, so that no machine's paths reach a report.
    pub file: Option<String>,
    pub feature: Option<String>,
    pub problem: String,
    pub remedy: Option<String>,
}

impl Fault {
    pub fn new(stage: Stage, exit: Exit, problem: impl Into<String>) -> Self {
        Fault { stage, exit, file: None, feature: None, problem: problem.into(), remedy: None }
    }

    pub fn file(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(file.as_ref().display().to_string());
        self
    }

    pub fn feature(mut self, feature: impl Into<String>) -> Self {
        self.feature = Some(feature.into());
        self
    }

    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// A file that could not be read or written.
    pub fn storage(stage: Stage, path: impl AsRef<Path>, cause: impl fmt::Display) -> Self {
        Fault::new(stage, Exit::Storage, cause.to_string())
            .file(path)
            .remedy("check that the path exists, may be accessed, and that the disk has room")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: ")?;
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        if let Some(feature) = &self.feature {
            write!(f, "{feature}: ")?;
        }
        write!(f, "{}", self.problem)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "\n  fix: {remedy}")?;
        }
        Ok(())
    }
}

/// Every fault of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub faults: Vec<Fault>,
}

impl Failure {
    /// `Ok` when nothing was found, else all of it.
    pub fn unless_empty(faults: Vec<Fault>) -> Result<()> {
        if faults.is_empty() { Ok(()) } else { Err(Failure { faults }) }
    }

    pub fn exit(&self) -> Exit {
        self.faults.iter().map(|fault| fault.exit).max().unwrap_or(Exit::Unexpected)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure { faults: vec![fault] }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.faults.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

pub type Result<T, E = Failure> = std::result::Result<T, E>;
