//! `congbo verify`: is this what the office published?

use std::path::{Path, PathBuf};

use super::output::say;
use super::{Context, publisher};
use crate::digest::sha256;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::package;
use crate::release::proof::Proved;
use crate::release::{self, Proof, Publication, imprint};
use crate::tile::leaves;

/// Check that an edition, a package, a file, a tile, a row or a printed code is what the office published
///
/// A folder is an edition: every file of it is read, and its signature checked. A package is read whole. Any other
/// file is checked by its proof (--proof), which needs nothing else; without one it is looked for in the editions of
/// the site. A tile may be packed (gzip) or plain; a row stands in its proof, so that no file is needed. Exit 6 when
/// anything does not hold. Writes nothing.
#[derive(clap::Args)]
pub struct Args {
    /// Folder of an edition, package, or single file. [default: the published edition]
    path: Option<PathBuf>,
    /// Proof that 'congbo prove' wrote
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// Code on a printed sheet: the edition's name, or its data code (8 letters or more)
    #[arg(long, conflicts_with_all = ["path", "proof"])]
    code: Option<String>,
    /// Public key of the publisher. [default: those under [publisher] in congbo.toml]
    #[arg(long, value_name = "FILE.pub")]
    key: Option<PathBuf>,
    /// Folder of the editions, relative to the site folder
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    let dist = context.site.join(&args.dist);
    match (&args.proof, &args.code, &args.path) {
        (Some(proof), ..) => by_proof(context, &args, proof),
        (None, Some(code), _) => by_code(context, &dist, code),
        (None, None, None) => {
            let name = release::current(&dist)?;
            edition(context, &args, &dist.join("releases").join(name))
        }
        (None, None, Some(path)) if path.is_dir() => edition(context, &args, path),
        (None, None, Some(path)) if package::is_package(path) => whole_package(context, &args, path),
        (None, None, Some(path)) => in_editions(context, &dist, path),
    }
}

fn edition(context: &Context, args: &Args, folder: &Path) -> Result<()> {
    let manifest = release::verify_folder(folder)?;
    let files = manifest.files.len();
    let keys = publisher::trusted(&context.site, args.key.as_ref())?;
    // Editions lie under their names; a copy may lie anywhere.
    let signed = imprint::check_copy(folder, &manifest.edition, &keys)?;
    let said = signed.imprint.as_ref().map(|i| format!(", number {}, valid until {}", i.number, i.expires));
    if context.json {
        let report = serde_json::json!({
            "edition": manifest.edition, "files": files, "key_id": signed.key_id, "imprint": signed.imprint,
        });
        say!("{report:#}");
    } else {
        let (name, key, said) = (&manifest.edition, &signed.key_id, said.unwrap_or_default());
        say!("edition {name}: {files} files are as signed by {key}{said}");
    }
    Ok(())
}

fn whole_package(context: &Context, args: &Args, path: &Path) -> Result<()> {
    let keys = publisher::trusted(&context.site, args.key.as_ref())?;
    let opened = package::open(path, &package::Keyring::of(keys))?;
    super::packages::describe(context, path, &opened);
    Ok(())
}

fn by_proof(context: &Context, args: &Args, proof: &Path) -> Result<()> {
    let refused = |file: &Path, problem: &str| {
        Fault::new(Stage::Release, Exit::Verification, problem)
            .file(file)
            .remedy("do not use it as the office's; get it and its proof anew from the site")
    };
    let read = |file: &Path| std::fs::read(file).map_err(|e| Fault::storage(Stage::Release, file, e));
    let parsed = Proof::parse(&read(proof)?).map_err(|problem| refused(proof, &problem))?;
    let is_tile = parsed.part.as_ref().is_some_and(|part| part.text.is_none());
    let bytes = match (&args.path, parsed.part.as_ref().and_then(|part| part.text.as_ref())) {
        (Some(file), _) if is_tile => leaves::plain(&read(file)?).map_err(|problem| refused(file, &problem))?,
        (Some(file), None) => read(file)?,
        (Some(file), Some(_)) => without_end(read(file)?),
        (None, Some(text)) => text.clone().into_bytes(),
        (None, None) => return Err(nothing_to_check().into()),
    };
    let keys = publisher::trusted(&context.site, args.key.as_ref())?;
    let file = args.path.as_deref().unwrap_or(proof);
    let proved = parsed.check(&bytes, &keys).map_err(|problem| refused(file, problem))?;
    if context.json {
        say!("{}", serde_json::to_string_pretty(&proved).unwrap_or_default());
    } else {
        print(&proved, parsed.part.as_ref().and_then(|part| part.text.as_deref()));
    }
    Ok(())
}

fn print(proved: &Proved, row: Option<&str>) {
    let Proved { imprint, key_id, path, part, .. } = proved;
    let what = part.as_ref().map_or_else(|| path.clone(), |part| format!("{path}, {part}"));
    say!("{what}: belongs to edition {}, signed by {key_id}", imprint.edition);
    say!("  number {}, published {}, valid until {}", imprint.number, imprint.created, imprint.expires);
    if let Some(row) = row {
        say!("  {row}");
    }
}

/// A line as an editor saves it.
fn without_end(mut line: Vec<u8>) -> Vec<u8> {
    while line.last().is_some_and(|byte| b"\r\n".contains(byte)) {
        line.pop();
    }
    line
}

fn nothing_to_check() -> Fault {
    Fault::new(Stage::Release, Exit::Usage, "the proof is of a file, and no file was given")
        .remedy("congbo verify FILE --proof PROOF")
}

/// Which editions of the site hold a file with these bytes, and under which address.
fn in_editions(context: &Context, dist: &Path, path: &Path) -> Result<()> {
    let bytes = std::fs::read(path).map_err(|e| Fault::storage(Stage::Release, path, e))?;
    let digest = sha256(&bytes);
    let mut found = vec![];
    for name in release::releases(dist)? {
        let manifest = release::manifest_of(dist, &name)?;
        let files = manifest.files.into_iter().filter(|file| file.sha256 == digest);
        found.extend(files.map(|file| serde_json::json!({ "edition": name, "path": file.path })));
    }
    if found.is_empty() {
        return Err(Fault::new(Stage::Release, Exit::Verification, "is no file of any edition kept here")
            .file(path)
            .remedy("check it by its proof, or ask for the edition that it is said to be of")
            .into());
    }
    if context.json {
        say!("{}", serde_json::to_string_pretty(&found).unwrap_or_default());
    } else {
        found
            .iter()
            .for_each(|at| say!("{}: {}", at["edition"].as_str().unwrap_or(""), at["path"].as_str().unwrap_or("")));
    }
    Ok(())
}

/// What a printed code stands for: the editions with that name or data code, and when the public saw them.
fn by_code(context: &Context, dist: &Path, code: &str) -> Result<()> {
    let code = code.trim().to_lowercase();
    let now = release::current(dist).ok();
    let mut found = vec![];
    for publication in if code.len() < 8 { vec![] } else { release::history(dist)? } {
        if publication.edition == code
            || data_code(dist, &publication.edition).is_some_and(|own| own.starts_with(&code))
        {
            found.push(publication);
        }
    }
    if found.is_empty() {
        return Err(Failure::from(
            Fault::new(
                Stage::Release,
                Exit::Verification,
                format!("no edition that was published has the code {code}"),
            )
            .remedy("type the code as printed; a sheet with another code was not printed from this site"),
        ));
    }
    for Publication { edition, date } in &found {
        let standing = if now.as_ref() == Some(edition) { "is public today" } else { "was replaced since" };
        match context.json {
            true => say!(
                "{}",
                serde_json::json!({ "edition": edition, "published": date, "current": now.as_ref() == Some(edition) })
            ),
            false => say!("edition {edition}: published {date}, {standing}"),
        }
    }
    Ok(())
}

/// The data code that the pages of an edition bear.
fn data_code(dist: &Path, edition: &str) -> Option<String> {
    let report = std::fs::read(dist.join("releases").join(edition).join("report.json")).ok()?;
    let report: serde_json::Value = serde_json::from_slice(&report).ok()?;
    report["data_digest"].as_str().map(str::to_owned)
}
