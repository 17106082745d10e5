//! `congbo man` and `congbo completions`: made from the same definitions as the help.

use std::path::{Path, PathBuf};

use clap::Command;
use clap_complete::Shell;

use super::output::say;
use crate::error::{Fault, Result, Stage};

/// Write the manual pages: congbo.1 and one for each verb.
#[derive(clap::Args, Debug)]
pub struct Man {
    /// Folder to write them into; it is made.
    #[arg(value_name = "DIR", default_value = "man")]
    pub folder: PathBuf,
}

/// Print completions for a shell.
#[derive(clap::Args, Debug)]
pub struct Completions {
    #[arg(value_enum)]
    pub shell: Shell,
}

pub fn man(args: &Man, command: Command) -> Result<()> {
    let storage = |e: std::io::Error| Fault::storage(Stage::Config, &args.folder, e);
    std::fs::create_dir_all(&args.folder).map_err(storage)?;
    clap_mangen::generate_to(command, &args.folder).map_err(storage)?;
    say!("{}", Path::new(&args.folder).join("congbo.1").display());
    Ok(())
}

pub fn completions(args: &Completions, mut command: Command) {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "congbo", &mut script);
    say!("{}", String::from_utf8_lossy(&script).trim_end());
}
