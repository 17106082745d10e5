//! What became of a text, by line: what a delta carries of it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Lines of the old text: the first, from 0, and how many.
    Keep(usize, usize),
    /// Bytes that the old text does not have.
    New(usize),
}

/// How `new` is made of `old`, and the new bytes one behind the other.
pub fn edits(old: &str, new: &str) -> (Vec<Edit>, Vec<u8>) {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    // Looked up and never walked: its order does not matter.
    let places: HashMap<&str, usize> = lines.iter().enumerate().map(|(at, line)| (*line, at)).collect();
    let (mut edits, mut bytes) = (vec![], vec![]);
    for line in new.split_inclusive('\n') {
        match edits.last_mut() {
            Some(Edit::Keep(first, count)) if lines.get(*first + *count) == Some(&line) => *count += 1,
            Some(Edit::New(length)) if !places.contains_key(line) => {
                *length += line.len();
                bytes.extend(line.as_bytes());
            }
            _ => match places.get(line) {
                Some(at) => edits.push(Edit::Keep(*at, 1)),
                None => {
                    edits.push(Edit::New(line.len()));
                    bytes.extend(line.as_bytes());
                }
            },
        }
    }
    (edits, bytes)
}

/// Makes the new text again; `take` gives the next new bytes. None for edits that are not of this text.
pub fn apply(old: &str, edits: &[Edit], mut take: impl FnMut(usize) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let mut new = vec![];
    for edit in edits {
        match edit {
            Edit::Keep(first, count) => {
                let kept = lines.get(*first..first.checked_add(*count)?)?;
                kept.iter().for_each(|line| new.extend(line.as_bytes()));
            }
            Edit::New(length) => new.extend(take(*length)?),
        }
    }
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn edits_make_the_new_text_again(old in "([a-d]{0,3}\n){0,12}[a-d]{0,2}", new in "([a-d]{0,3}\n){0,12}[a-d]{0,2}") {
            let (edits, bytes) = edits(&old, &new);
            let mut rest = &bytes[..];
            let made = apply(&old, &edits, |length| {
                let (now, later) = rest.split_at_checked(length)?;
                rest = later;
                Some(now.to_vec())
            });
            prop_assert_eq!(made.unwrap(), new.into_bytes());
            prop_assert!(rest.is_empty());
        }
    }

    #[test]
    fn a_changed_line_is_all_that_is_new() {
        let (made, bytes) = edits("a\nb\nc\nd\n", "a\nb\nX\nd\n");
        assert_eq!(made, [Edit::Keep(0, 2), Edit::New(2), Edit::Keep(3, 1)]);
        assert_eq!(bytes, b"X\n");
        assert_eq!(apply("a\n", &[Edit::Keep(1, 1)], |_| None), None);
    }
}
