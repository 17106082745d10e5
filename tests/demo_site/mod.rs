//! The demonstration site in a folder of its own, approved and built by the program itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Boundaries come first: the others must lie inside them.
pub const DATASETS: [&str; 9] = [
    "dia-gioi",
    "bang-gia-dat-2025",
    "bang-gia-dat-2026",
    "he-so-2026",
    "nen",
    "quy-hoach-2021-2030",
    "thong-ke-2025",
    "thua-dat-an-minh",
    "thua-dat-ben-lua",
];

/// Another took its place: it keeps its pages and is in no catalogue of what is current.
#[allow(dead_code, reason = "not every test counts datasets")]
pub const SUPERSEDED: &str = "bang-gia-dat-2025";

pub struct DemoSite {
    pub folder: tempfile::TempDir,
    /// All that the program printed so far.
    pub printed: Vec<u8>,
}

impl DemoSite {
    /// A copy of the site, approved with the key at `key`.
    pub fn approved(key: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["content", "tiles", "themes"] {
            std::os::unix::fs::symlink(repository().join(part), folder.path().join(part)).unwrap();
        }
        std::fs::copy(repository().join("congbo.toml"), folder.path().join("congbo.toml")).unwrap();
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        std::fs::copy(key.with_extension("pub"), folder.path().join("keys/approver.pub")).unwrap();
        congbo::snapshot::signature::make_key(&folder.path().join("keys/publisher"), None).unwrap();
        let mut site = DemoSite { folder, printed: vec![] };
        let datasets = DATASETS.map(|dataset| format!("content/data/{dataset}"));
        let mut arguments = vec!["approve", "--key", key.to_str().unwrap()];
        arguments.extend(datasets.iter().map(String::as_str));
        site.congbo(&arguments);
        site
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the program and expects it to end well.
    pub fn congbo(&mut self, arguments: &[&str]) -> Output {
        let key = self.path().join("keys/publisher.key");
        let mut command = Command::new(env!("CARGO_BIN_EXE_congbo"));
        let output =
            command.arg("-C").arg(self.path()).args(arguments).env("CONGBO_PUBLISHER_KEY", key).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.printed.extend([output.stdout.clone(), output.stderr.clone()].concat());
        output
    }

    /// Gives the site its own copy of some datasets, to change them; the rest stays the repository's.
    #[allow(dead_code)]
    pub fn own(&self, datasets: &[&str]) {
        let (there, here) = (repository().join("content"), self.path().join("content"));
        std::fs::remove_file(&here).unwrap();
        std::fs::create_dir_all(here.join("data")).unwrap();
        for entry in std::fs::read_dir(&there).unwrap().map(Result::unwrap).filter(|entry| entry.file_name() != "data")
        {
            std::os::unix::fs::symlink(entry.path(), here.join(entry.file_name())).unwrap();
        }
        for entry in std::fs::read_dir(there.join("data")).unwrap() {
            let entry = entry.unwrap();
            let target = here.join("data").join(entry.file_name());
            if datasets.iter().any(|dataset| entry.file_name() == *dataset) {
                std::fs::create_dir(&target).unwrap();
                for file in std::fs::read_dir(entry.path()).unwrap().map(Result::unwrap) {
                    std::fs::copy(file.path(), target.join(file.file_name())).unwrap();
                }
            } else {
                std::os::unix::fs::symlink(entry.path(), target).unwrap();
            }
        }
    }

    /// Draws the sample of the latest edition, finds every case right, as one may where all is invented, and
    /// signs it.
    #[allow(dead_code, reason = "not every test publishes")]
    pub fn sign_off(&mut self, key: &Path) {
        self.congbo(&["sample"]);
        for (path, bytes) in self.files("dist/sign-off") {
            let filled = String::from_utf8(bytes).unwrap().replace(",,\r\n", ",dat,\r\n");
            std::fs::write(self.path().join("dist/sign-off").join(path), filled).unwrap();
        }
        self.congbo(&["sign-off", "--key", key.to_str().unwrap()]);
    }

    /// Every file below a folder of the site, by its path relative to it, sorted.
    #[allow(dead_code, reason = "not every test looks at files")]
    pub fn files(&self, below: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let root = self.path().join(below);
        let mut folders = vec![root.clone()];
        let mut files = vec![];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.strip_prefix(&root).unwrap().to_owned(), std::fs::read(&path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
