//! The sample of changed cases that a person checks before they are public.

use sha2::{Digest, Sha256};

use super::Datasets;
use super::change::{Change, ChangeKind};

/// One changed case, as the sample names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub dataset: String,
    pub commune: String,
    pub feature: String,
    pub change: ChangeKind,
}

impl Case {
    pub fn of(change: &Change) -> Self {
        Case {
            dataset: change.dataset.clone(),
            commune: change.commune.clone(),
            feature: change.feature.clone(),
            change: change.change,
        }
    }
}

/// At least one in ten of the changed cases (S2 Đ16.3), and one where there are fewer than ten.
pub fn size(cases: usize) -> usize {
    cases.div_ceil(10)
}

/// The cases to check, in the order of datasets, communes and features.
///
/// Chosen by the least SHA-256 over the edition's data and the case: the same for everybody who asks, and
/// for nobody to choose. The data's digest is the *mã dữ liệu* that the pages show.
pub fn choose(data: &Datasets, cases: Vec<Case>) -> Vec<Case> {
    let seed = data_digest(data);
    let size = size(cases.len());
    let mut drawn: Vec<([u8; 32], Case)> = cases.into_iter().map(|case| (ticket(&seed, &case), case)).collect();
    drawn.sort();
    drawn.truncate(size);
    let mut chosen: Vec<Case> = drawn.into_iter().map(|(_, case)| case).collect();
    chosen.sort();
    chosen
}

/// SHA-256 over the digests of all records in the order of the datasets' names.
fn data_digest(data: &Datasets) -> [u8; 32] {
    let mut digest = Sha256::new();
    for record in data.values() {
        let bytes =
            record.as_bytes().chunks(2).filter_map(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        digest.update(bytes.collect::<Vec<u8>>());
    }
    digest.finalize().into()
}

fn ticket(seed: &[u8; 32], case: &Case) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(seed);
    for part in [&case.dataset, &case.commune, &case.feature, case.change.vi()] {
        digest.update(part);
        digest.update([0]);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(n: usize) -> Vec<Case> {
        let case = |i| Case {
            dataset: "thua-dat".into(),
            commune: "99001".into(),
            feature: format!("99001-1-{i}"),
            change: ChangeKind::Added,
        };
        (0..n).map(case).collect()
    }

    fn data(digest: &str) -> Datasets {
        Datasets::from([("thua-dat".to_owned(), digest.repeat(32))])
    }

    #[test]
    fn one_case_in_ten_is_checked_and_never_fewer() {
        for (n, expected) in [(0, 0), (1, 1), (9, 1), (10, 1), (11, 2), (100_001, 10_001)] {
            assert_eq!(size(n), expected, "{n} cases");
            assert_eq!(choose(&data("ab"), cases(n)).len(), expected, "{n} cases");
        }
    }

    #[test]
    fn the_sample_follows_from_the_data_whatever_the_order_of_the_cases() {
        let forward = choose(&data("ab"), cases(1000));
        let backward = choose(&data("ab"), cases(1000).into_iter().rev().collect());
        assert_eq!(forward, backward);
        assert!(forward.is_sorted());
        assert_ne!(forward, choose(&data("cd"), cases(1000)), "other data, another sample");
    }

    #[test]
    fn the_seed_is_the_data_code_of_the_pages() {
        let record = "{}\n";
        let digest = crate::digest::sha256(record.as_bytes());
        let expected = Sha256::digest(Sha256::digest(record.as_bytes()));
        assert_eq!(data_digest(&Datasets::from([("a".to_owned(), digest)])), <[u8; 32]>::from(expected));
    }
}
