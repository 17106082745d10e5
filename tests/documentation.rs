//! The documents say what is true: links lead somewhere, commands run, tables agree with the code.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut broken = vec![];
    let mut checked = 0;
    for document in documents() {
        for target in links(&read(&document)) {
            if target.contains("://") || target.starts_with('/') || target.starts_with("mailto:") {
                continue;
            }
            checked += 1;
            if let Err(problem) = follow(&document, &target) {
                broken.push(format!("{}: {target}: {problem}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(checked > 100, "only {checked} links were found");
}

#[test]
fn a_link_to_a_missing_file_or_heading_is_found() {
    assert_eq!(links("See [a](b.md#c), `[no](x)` and [d e](f)."), ["b.md#c", "f"]);
    let readme = Path::new("README.md");
    assert!(follow(readme, "CHANGELOG.md#security").is_ok());
    assert!(follow(readme, "CHANGELOG.md#insecurity").is_err());
    assert!(follow(readme, "docs/absent.md").is_err());
}

#[test]
fn every_decision_is_listed_under_its_own_title() {
    let index = read(Path::new("docs/adr/README.md"));
    let mut numbers = BTreeSet::new();
    for page in files_below("docs/adr").into_iter().filter(|page| !page.ends_with("README.md")) {
        let name = page.file_name().unwrap().to_str().unwrap();
        let text = read(&page);
        let title = text.lines().next().unwrap().trim_start_matches("# ");
        let (number, title) = title.split_once(' ').unwrap();
        assert!(name.starts_with(number) && numbers.insert(number.to_owned()), "{name} is not number {number}");
        assert!(index.contains(&format!("- [{number}]({name}) {title}\n")), "{name} is not listed as '{title}'");
        for part in ["## Context", "## Decision", "## Consequences"] {
            assert!(text.contains(part), "{name} has no '{part}'");
        }
    }
    assert_eq!(index.matches("\n- [").count(), numbers.len());
}

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_program() {
    let code = read(Path::new("src/error.rs"));
    let meant = Regex::new(r"/// (\d): (.+)\.\n").unwrap();
    let mut expected: BTreeMap<String, String> =
        meant.captures_iter(&code).map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
    expected.insert("0".into(), "success".into());
    let row = Regex::new(r"(?m)^\| (\d) \| (.+) \|$").unwrap();
    let readme = read(Path::new("README.md"));
    let told: BTreeMap<String, String> =
        row.captures_iter(&readme).map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
    assert_eq!(told, expected);
    assert_eq!(expected.len(), 9);
}

#[test]
fn the_program_knows_every_verb_and_option_the_documents_name() {
    let written = Regex::new(r"`congbo ([^`<]*)`").unwrap();
    let mut checked = 0;
    for document in documents() {
        for found in written.captures_iter(&read(&document)) {
            let mut arguments: Vec<&str> = found[1].split_whitespace().collect();
            arguments.push("--help");
            let output = Command::new(env!("CARGO_BIN_EXE_congbo")).args(&arguments).output().unwrap();
            assert!(output.status.success(), "{}: congbo {}", document.display(), &found[1]);
            checked += 1;
        }
    }
    assert!(checked >= 4, "only {checked} commands were found");
}

#[test]
fn the_commands_of_the_readme_make_and_serve_a_site() {
    let site = copy_of_the_site();
    let commands = site_commands();
    let (serve, others) = commands.split_last().unwrap();
    for command in others {
        let output = match command.strip_prefix("congbo ") {
            Some(arguments) => congbo(arguments, site.path()).output().unwrap(),
            None => Command::new("sh").args(["-c", command]).current_dir(site.path()).output().unwrap(),
        };
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(site.path().join("dist/current/site/index.html").is_file());
    assert_eq!(serve, "congbo serve");
    let mut server =
        congbo("serve --listen 127.0.0.1:0", site.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    let read = BufReader::new(server.stdout.take().unwrap()).read_line(&mut line);
    server.kill().unwrap();
    server.wait().unwrap();
    read.unwrap();
    assert!(line.contains(" on http://127.0.0.1:"), "{line:?}");
}

#[test]
fn the_scripts_that_documents_name_are_there() {
    let named = Regex::new(r"\./(scripts/[a-z-]+)").unwrap();
    for document in documents() {
        for found in named.captures_iter(&read(&document)) {
            assert!(repository().join(&found[1]).is_file(), "{}: {}", document.display(), &found[1]);
        }
    }
}

#[test]
fn every_test_that_a_document_names_is_there() {
    // Four words at least and as long as a sentence: nothing else in the documents is written so.
    let name = Regex::new("`([a-z0-9]+(?:_[a-z0-9]+){3,})`").unwrap();
    let tests: String = ["tests", "src"]
        .into_iter()
        .flat_map(files_below)
        .filter(|file| file.extension().is_some_and(|ending| ["rs", "py"].contains(&ending.to_str().unwrap())))
        .map(|file| read(&file))
        .collect();
    let mut checked = 0;
    for document in documents() {
        for found in name.captures_iter(&read(&document)).filter(|found| found[1].len() >= 20) {
            let defined = [format!("fn {}(", &found[1]), format!("def {}(", &found[1])];
            assert!(defined.iter().any(|line| tests.contains(line)), "{}: {}", document.display(), &found[1]);
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} tests are named");
}

/// The lines of the first block of commands that begins with `congbo `.
fn site_commands() -> Vec<String> {
    let readme = read(Path::new("README.md"));
    let blocks = readme.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let block = blocks.into_iter().find(|block| block.starts_with("congbo ")).unwrap();
    let commands: Vec<String> = block.lines().map(str::to_owned).collect();
    assert!(commands.len() >= 5);
    commands
}

/// The site of the repository before anything was approved, in a folder of its own.
fn copy_of_the_site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["content", "tiles", "themes"] {
        std::os::unix::fs::symlink(repository().join(part), folder.path().join(part)).unwrap();
    }
    std::fs::copy(repository().join("congbo.toml"), folder.path().join("congbo.toml")).unwrap();
    folder
}

fn congbo(arguments: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_congbo"));
    command.args(arguments.split_whitespace()).current_dir(folder);
    command
}

fn follow(document: &Path, target: &str) -> Result<(), String> {
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let file = if path.is_empty() { document.to_owned() } else { plain(&document.parent().unwrap().join(path)) };
    if !repository().join(&file).exists() {
        return Err("is not there".into());
    }
    match anchor {
        Some(anchor) if !headings(&read(&file)).contains(anchor) => Err("has no such heading".into()),
        _ => Ok(()),
    }
}

/// `a/../b` → `b`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(plain.pop(), "{} leads out of the repository", path.display()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// Targets of inline links outside of code.
fn links(text: &str) -> Vec<String> {
    let blocks = Regex::new(r"(?s)```.*?```|`[^`\n]*`").unwrap();
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    // A link's text may itself be code.
    let text = blocks.replace_all(text, "code");
    link.captures_iter(&text).map(|found| found[1].to_owned()).collect()
}

/// Anchors as forges make them: lower case, no punctuation, dashes for spaces.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    titles
        .map(|title| {
            let kept =
                title.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
            kept.replace(' ', "-")
        })
        .collect()
}

/// Every Markdown file of the project but the site's own articles, relative to the repository.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(repository())
        .unwrap()
        .map(|entry| PathBuf::from(entry.unwrap().file_name()))
        .chain(files_below("docs"))
        .filter(|file| file.extension().is_some_and(|ending| ending == "md"))
        .collect();
    found.sort();
    assert!(found.len() >= 15, "{found:?}");
    found
}

/// Every file below a folder, relative to the repository.
fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(folder)];
    let mut found = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(repository().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            match repository().join(&path).is_dir() {
                true if path.ends_with("node_modules") => {}
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(repository().join(file)).unwrap()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
