//! Byte ranges (RFC 9110, section 14), one at a time.
//!
//! Several ranges in one request are answered with the whole file, as the standard allows: no client of
//! ours asks so, and overlapping ranges are a known way to make a server send a file many times over.

use std::ops::Range;

use hyper::HeaderMap;
use hyper::header::RANGE;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// 200.
    Whole,
    /// 206; never empty, always inside the file.
    Part(Range<u64>),
    /// 416.
    Unsatisfiable,
}

/// What part of `length` bytes the headers ask for.
pub fn span(headers: &HeaderMap, length: u64) -> Span {
    let mut asked = headers.get_all(RANGE).iter();
    match (asked.next(), asked.next()) {
        (Some(one), None) => one.to_str().map_or(Span::Whole, |text| parse(text, length)),
        _ => Span::Whole,
    }
}

/// A header that is not well formed counts as none.
fn parse(text: &str, length: u64) -> Span {
    let Some((unit, range)) = text.split_once('=') else { return Span::Whole };
    let Some((first, last)) = range.split_once('-') else { return Span::Whole };
    if !unit.eq_ignore_ascii_case("bytes") {
        return Span::Whole;
    }
    match (number(first), number(last)) {
        (Number::Is(first), Number::Is(last)) if first <= last => part(first, last, length),
        (Number::Is(first), Number::Absent) => part(first, u64::MAX, length),
        (Number::Absent, Number::Is(suffix)) => {
            part(length.saturating_sub(suffix), u64::MAX, length).unless(suffix == 0)
        }
        _ => Span::Whole,
    }
}

fn part(first: u64, last: u64, length: u64) -> Span {
    match first < length {
        true => Span::Part(first..last.saturating_add(1).min(length)),
        false => Span::Unsatisfiable,
    }
}

impl Span {
    fn unless(self, nothing_asked: bool) -> Span {
        if nothing_asked { Span::Unsatisfiable } else { self }
    }
}

enum Number {
    Absent,
    Is(u64),
    Malformed,
}

/// Digits alone; what does not fit in 64 bits lies beyond the end of any file all the same.
fn number(text: &str) -> Number {
    if text.is_empty() {
        return Number::Absent;
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Number::Malformed;
    }
    Number::Is(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_of_a_range() {
        for (text, expected) in [
            ("bytes=0-0", Span::Part(0..1)),
            ("bytes=0-9", Span::Part(0..10)),
            ("bytes=9-9", Span::Part(9..10)),
            ("bytes=4-", Span::Part(4..10)),
            ("bytes=4-99", Span::Part(4..10)),
            ("bytes=0-18446744073709551615", Span::Part(0..10)),
            ("bytes=0-99999999999999999999999", Span::Part(0..10)),
            ("bytes=-1", Span::Part(9..10)),
            ("bytes=-99", Span::Part(0..10)),
            ("Bytes=1-2", Span::Part(1..3)),
            ("bytes=10-", Span::Unsatisfiable),
            ("bytes=10-10", Span::Unsatisfiable),
            ("bytes=99999999999999999999999-", Span::Unsatisfiable),
            ("bytes=-0", Span::Unsatisfiable),
            ("bytes=5-4", Span::Whole),
            ("bytes=-", Span::Whole),
            ("bytes=", Span::Whole),
            ("bytes=a-b", Span::Whole),
            ("bytes=+1-2", Span::Whole),
            ("bytes=1 - 2", Span::Whole),
            ("bytes=0x1-2", Span::Whole),
            ("bytes=--1", Span::Whole),
            ("bytes=0-1,4-5", Span::Whole),
            ("bytes=0-,0-,0-", Span::Whole),
            ("items=0-1", Span::Whole),
            ("0-1", Span::Whole),
        ] {
            assert_eq!(parse(text, 10), expected, "{text}");
        }
    }

    #[test]
    fn an_empty_file_has_no_range() {
        assert_eq!(parse("bytes=0-", 0), Span::Unsatisfiable);
        assert_eq!(parse("bytes=-5", 0), Span::Unsatisfiable);
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_never_beyond_the_end(text in "bytes=[0-9]{0,21}-[0-9]{0,21}", length in 0u64..1000) {
            if let Span::Part(part) = parse(&text, length) {
                prop_assert!(part.start < part.end && part.end <= length);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}", length: u64) {
            let _ = parse(&text, length);
        }
    }
}
