//! Which keys may sign what: the lists of `congbo.toml`, changed by rotations and revocations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::rotation::{self, Statement};
use super::signature;
use super::store::Held;
use crate::config::dataset::DatasetKind;
use crate::config::site::SiteConfig;
use crate::digest::sha256;
use crate::error::{Exit, Failure, Fault, Result, Stage};

/// The keys of a site, as base64 text, and what each may still do.
#[derive(Clone, Default)]
pub struct Trust {
    rights: BTreeMap<Act, BTreeMap<String, Right>>,
    /// Old and new key of each rotation.
    heirs: Vec<[String; 2]>,
    revoked: BTreeSet<String>,
    second_person: BTreeSet<DatasetKind>,
}

/// What a key is listed for in `congbo.toml`, and hands over by a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Approve(DatasetKind),
    /// Says that a sample of what changed was checked and found right.
    SignOff,
    /// Signs editions and packages.
    Publish,
}

impl Act {
    /// As an object: "handed … over".
    fn name(self) -> String {
        match self {
            Act::Approve(kind) => format!("'{}'", kind.id()),
            Act::SignOff => "the sign-off".to_owned(),
            Act::Publish => "the publishing".to_owned(),
        }
    }

    /// What a key without the right may not do.
    fn verb(self) -> String {
        match self {
            Act::Approve(kind) => format!("approve '{}'", kind.id()),
            Act::SignOff => "sign off".to_owned(),
            Act::Publish => "publish".to_owned(),
        }
    }

    /// Where keys for it are listed.
    fn list(self) -> String {
        match self {
            Act::Approve(kind) => format!("for {} under [approvers]", kind.id()),
            Act::SignOff => "under [sign_off] keys".to_owned(),
            Act::Publish => "under [publisher] keys".to_owned(),
        }
    }
}

/// What a key may do of one act.
#[derive(Clone)]
enum Right {
    Holds,
    /// The key vouches for what it had signed before, and for nothing else.
    HandedOver {
        to: String,
        statement: String,
        records: BTreeSet<String>,
        /// Number of the last publication that it signed.
        last_publication: u64,
    },
}

impl Trust {
    /// Reads the lists, and every statement of rotation in its order.
    ///
    /// # Errors
    /// Exit 2 for a `.pub` file that cannot be read; 3 for statements that do not hold.
    pub fn load(site: &Path, config: &SiteConfig) -> Result<Self> {
        let mut trust =
            Trust { second_person: config.second_person.kinds.iter().copied().collect(), ..Trust::default() };
        let approvers = config.approvers.iter().map(|(kind, listed)| (Act::Approve(*kind), listed));
        let sign_off = config.sign_off.iter().map(|section| (Act::SignOff, &section.keys));
        for (act, listed) in approvers.chain(sign_off) {
            for key in listed {
                trust.rights.entry(act).or_default().insert(signature::listed_key(site, key)?, Right::Holds);
            }
        }
        // Who approves may do without the publisher's file; whoever publishes or checks asks for it first.
        for key in config.publisher.iter().flat_map(|section| &section.keys) {
            if let Ok(key) = signature::listed_key(site, key) {
                trust.rights.entry(Act::Publish).or_default().insert(key, Right::Holds);
            }
        }
        for key in &config.keys.revoked {
            trust.revoked.insert(signature::listed_key(site, key)?);
        }
        let statements = rotation::load_all(site, config)?;
        statements.iter().try_fold(trust, |trust, statement| trust.with(statement))
    }

    /// The same after one more rotation.
    pub(super) fn with(&self, statement: &Statement) -> Result<Self> {
        let rotation = &statement.rotation;
        Failure::unless_empty(self.objections(statement))?;
        let mut trust = self.clone();
        let file = statement.file.display().to_string();
        for act in rotation.acts() {
            let keys = trust.rights.entry(act).or_default();
            let records = rotation.records.iter().cloned().collect();
            let (to, statement) = (rotation.new_key.clone(), file.clone());
            let last_publication = rotation.last_publication;
            let handed = Right::HandedOver { to, statement, records, last_publication };
            keys.insert(rotation.old_key.clone(), handed);
            keys.insert(rotation.new_key.clone(), Right::Holds);
        }
        trust.heirs.push([rotation.old_key.clone(), rotation.new_key.clone()]);
        Ok(trust)
    }

    fn objections(&self, statement: &Statement) -> Vec<Fault> {
        let rotation = &statement.rotation;
        let mut faults = vec![];
        let mut object = |problem: String, remedy: &str| {
            let fault = Fault::new(Stage::Snapshot, Exit::Input, problem);
            faults.push(fault.file(&statement.file).remedy(remedy));
        };
        if rotation.acts().next().is_none() {
            object("the old key may approve nothing".into(), UNLISTED);
        }
        for act in rotation.acts() {
            match self.right(act, &rotation.old_key) {
                Some(Right::Holds) => {}
                Some(Right::HandedOver { statement, .. }) => {
                    object(format!("the old key already handed {} over in {statement}", act.name()), SECOND_STATEMENT);
                }
                None => object(format!("the old key may not {}", act.verb()), UNLISTED),
            }
            if let Some(Right::HandedOver { statement, .. }) = self.right(act, &rotation.new_key) {
                object(
                    format!("the new key handed {} over in {statement}", act.name()),
                    "make a new key: congbo key new",
                );
            }
        }
        if rotation.old_key == rotation.new_key {
            object("the old and the new key are the same".into(), "make a new key: congbo key new");
        }
        if self.revoked.contains(&rotation.new_key) {
            object("the new key is revoked".into(), "make a new key: congbo key new");
        }
        let gains = |act: Act| self.right(act, &rotation.new_key).is_none();
        if self.revoked.contains(&rotation.old_key) && rotation.acts().any(gains) {
            object("a revoked key cannot give rights to another".into(), REVOKED_GIVER);
        }
        faults
    }

    fn right(&self, act: Act, key: &str) -> Option<&Right> {
        self.rights.get(&act)?.get(key)
    }

    /// How many statements of rotation there are.
    pub(super) fn rotations(&self) -> usize {
        self.heirs.len()
    }

    /// What a key may do today.
    pub(super) fn acts_of(&self, key: &str) -> Vec<Act> {
        self.rights.keys().copied().filter(|act| matches!(self.right(*act, key), Some(Right::Holds))).collect()
    }

    /// The keys that may sign off a sample today.
    pub fn sign_off_keys(&self) -> Vec<String> {
        let listed = self.rights.get(&Act::SignOff).into_iter().flatten();
        let holds = listed.filter(|(key, right)| matches!(right, Right::Holds) && !self.revoked.contains(*key));
        holds.map(|(key, _)| key.clone()).collect()
    }

    /// The keys that may publish, and those that handed over with the number of their last publication.
    pub fn publisher_keys(&self) -> Vec<(String, Option<u64>)> {
        let listed = self.rights.get(&Act::Publish).into_iter().flatten();
        let vouches = |(key, right): (&String, &Right)| match right {
            Right::Holds => (key.clone(), None),
            Right::HandedOver { last_publication, .. } => (key.clone(), Some(*last_publication)),
        };
        listed.filter(|(key, _)| !self.revoked.contains(*key)).map(vouches).collect()
    }

    /// Why a key may not publish today.
    pub fn publisher_objection(&self, key: &str) -> Option<Fault> {
        self.objection_to(Act::Publish, key)
    }

    /// Keys that sign nothing any more.
    pub fn revoked(&self) -> impl Iterator<Item = &String> {
        self.revoked.iter()
    }

    pub fn needs_second_person(&self, kind: DatasetKind) -> bool {
        self.second_person.contains(&kind)
    }

    /// Why a key may not approve a kind of data today.
    pub fn objection(&self, kind: DatasetKind, key: &str) -> Option<Fault> {
        self.objection_to(Act::Approve(kind), key)
    }

    /// Why a key may not sign off a sample today.
    pub fn sign_off_objection(&self, key: &str) -> Option<Fault> {
        self.objection_to(Act::SignOff, key)
    }

    fn objection_to(&self, act: Act, key: &str) -> Option<Fault> {
        let (problem, remedy) = match self.right(act, key) {
            _ if self.revoked.contains(key) => (
                "this key is revoked in congbo.toml".to_owned(),
                format!("sign with another key listed {}", act.list()),
            ),
            Some(Right::Holds) => return None,
            Some(Right::HandedOver { to, statement, .. }) => (
                format!("this key handed {} over to {to} ({statement})", act.name()),
                "sign with the new key".to_owned(),
            ),
            None => (
                format!("this key may not {}", act.verb()),
                format!("sign with a key listed {} in congbo.toml", act.list()),
            ),
        };
        Some(Fault::new(Stage::Snapshot, Exit::Input, problem).remedy(remedy))
    }

    /// The key that made a signature of a record, when it may.
    pub fn signer(&self, kind: DatasetKind, json: &str, signature: &str) -> Result<String, String> {
        let keys = self.rights.get(&Act::Approve(kind));
        let made = |key: &str| signature::verify(&[key.to_owned()], json.as_bytes(), signature);
        let Some((key, right)) = keys.into_iter().flatten().find(|(key, _)| made(key)) else {
            return Err(format!("no approver listed for '{}' signed this record", kind.id()));
        };
        match right {
            Right::HandedOver { records, .. } if records.contains(&sha256(json.as_bytes())) => Ok(key.clone()),
            Right::HandedOver { statement, .. } => {
                Err(format!("the key that signed this record handed its rights over, and {statement} does not list it"))
            }
            Right::Holds if self.revoked.contains(key) => Err("the key that signed this record is revoked".into()),
            Right::Holds => Ok(key.clone()),
        }
    }

    /// Whether a record counts: signed by an approver, and by a second one where the kind asks for it.
    ///
    /// # Errors
    /// Exit 6 for a signature that does not hold, 3 where the second one is missing.
    pub fn check(&self, held: &Held) -> Result<()> {
        let first = self.signer(held.record.kind, &held.json, &held.signature).map_err(|problem| {
            let fault = Fault::new(Stage::Snapshot, Exit::Verification, problem);
            fault.file(held.folder.join("record.json")).remedy(SIGN_AGAIN)
        })?;
        match &held.countersignature {
            Some(second) => self.check_second(held, &first, second),
            None if self.needs_second_person(held.record.kind) => Err(second_missing(held).into()),
            None => Ok(()),
        }
    }

    fn check_second(&self, held: &Held, first: &str, signature: &str) -> Result<()> {
        let second = self.signer(held.record.kind, &held.json, signature);
        let problem = match second {
            Ok(second) if !self.same_person(first, &second) => return Ok(()),
            Ok(_) => "the second signature is by the first approver".to_owned(),
            Err(problem) => problem,
        };
        Err(Fault::new(Stage::Snapshot, Exit::Verification, problem)
            .file(held.folder.join(super::countersign::FILE))
            .remedy(countersign_command(&held.record.dataset))
            .into())
    }

    /// A key and its heirs are one person: a rotation does not make two out of one.
    pub fn same_person(&self, a: &str, b: &str) -> bool {
        let mut person = BTreeSet::from([a]);
        // Each round but the last adds a key, so there are as many rounds as statements at most.
        loop {
            let known = |pair: &&[String; 2]| pair.iter().any(|key| person.contains(key.as_str()));
            let next: BTreeSet<&str> = self.heirs.iter().filter(known).flatten().map(String::as_str).collect();
            if next.is_subset(&person) {
                return person.contains(b);
            }
            person.extend(next);
        }
    }
}

const UNLISTED: &str = "a key hands over what congbo.toml gives it: keep it listed there, or remove the \
                        statement";
const SECOND_STATEMENT: &str = "only the first statement of a key counts: remove this one, and find out who made it";
const REVOKED_GIVER: &str = "list the new key under [approvers] in congbo.toml yourself, or remove the statement";
const SIGN_AGAIN: &str =
    "approve the dataset again with a listed key; if nobody changed the list, find out who changed the file";

fn second_missing(held: &Held) -> Fault {
    let problem = format!("'{}' needs a second person, and only one has signed", held.record.kind.id());
    Fault::new(Stage::Snapshot, Exit::Input, problem)
        .file(held.folder.join("record.json"))
        .remedy(countersign_command(&held.record.dataset))
}

fn countersign_command(dataset: &str) -> String {
    format!("another approver of this kind signs it too: congbo countersign {dataset} --key <second approver>.key")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::rotation::Rotation;

    const PRICES: DatasetKind = DatasetKind::GiaDat;

    fn listed(keys: &[&str]) -> Trust {
        let rights = keys.iter().map(|key| ((*key).to_owned(), Right::Holds)).collect();
        Trust { rights: BTreeMap::from([(Act::Approve(PRICES), rights)]), ..Trust::default() }
    }

    fn hands_over(old: &str, new: &str) -> Statement {
        let (old_key, new_key) = (old.to_owned(), new.to_owned());
        let rotation = Rotation {
            format: 1,
            sequence: 1,
            old_key,
            new_key,
            kinds: vec![PRICES],
            sign_off: false,
            publish: false,
            last_publication: 0,
            records: vec![],
        };
        Statement { file: "keys/rotations/0001.json".into(), rotation }
    }

    fn refusal(trust: &Trust, old: &str, new: &str) -> String {
        trust.with(&hands_over(old, new)).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn rights_pass_from_key_to_key_and_stay_with_the_last() {
        let trust = listed(&["A"]).with(&hands_over("A", "B")).unwrap().with(&hands_over("B", "C")).unwrap();
        assert!(trust.objection(PRICES, "C").is_none());
        assert!(trust.objection(PRICES, "A").unwrap().problem.contains("handed 'gia_dat' over to B"));
        assert!(trust.objection(PRICES, "B").unwrap().problem.contains("handed 'gia_dat' over to C"));
        assert_eq!((trust.acts_of("C"), trust.acts_of("A")), (vec![Act::Approve(PRICES)], vec![]));
    }

    #[test]
    fn a_key_hands_over_once_and_only_what_it_has() {
        let trust = listed(&["A", "Z"]).with(&hands_over("A", "B")).unwrap();
        assert!(refusal(&trust, "A", "thief").contains("already handed 'gia_dat' over"));
        assert!(refusal(&trust, "thief", "B").contains("may not approve 'gia_dat'"));
        assert!(refusal(&trust, "B", "A").contains("the new key handed 'gia_dat' over"));
        assert!(refusal(&trust, "B", "B").contains("are the same"));
    }

    #[test]
    fn a_revoked_key_gives_no_rights() {
        let revoked = Trust { revoked: BTreeSet::from(["A".to_owned()]), ..listed(&["A", "B"]) };
        assert!(refusal(&revoked, "A", "thief").contains("a revoked key cannot give rights"));
        assert!(refusal(&revoked, "B", "A").contains("the new key is revoked"));
        assert!(revoked.with(&hands_over("A", "B")).is_ok(), "B is listed for itself");
        assert!(revoked.objection(PRICES, "A").unwrap().problem.contains("revoked"));
    }

    #[test]
    fn a_key_and_its_heirs_are_one_person() {
        let trust = listed(&["A", "Z"]).with(&hands_over("A", "B")).unwrap();
        assert!(trust.same_person("A", "B") && !trust.same_person("B", "Z"));
    }
}
