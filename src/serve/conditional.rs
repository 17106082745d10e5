//! If-Match, If-None-Match and If-Range (RFC 9110, section 13).

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, IF_RANGE};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Proceed,
    /// 304: the client has it.
    NotModified,
    /// 412: the client insists on another one.
    Failed,
}

/// Weighs the request's conditions against the entity tag of the chosen representation.
pub fn evaluate(headers: &HeaderMap, etag: &HeaderValue) -> Outcome {
    if headers.contains_key(IF_MATCH) && !names(headers, IF_MATCH, etag, strong) {
        return Outcome::Failed;
    }
    match names(headers, IF_NONE_MATCH, etag, weak) {
        true => Outcome::NotModified,
        false => Outcome::Proceed,
    }
}

/// A range may be answered when there is no If-Range, or it names this very representation.
///
/// A date never does: there is no Last-Modified to compare it with.
pub fn range_holds(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let mut named = headers.get_all(IF_RANGE).iter();
    match (named.next(), named.next()) {
        (None, _) => true,
        (Some(one), None) => one == etag,
        _ => false,
    }
}

/// Does a list of entity tags, over however many headers, hold `etag` or `*`?
fn names(headers: &HeaderMap, name: HeaderName, etag: &HeaderValue, same: fn(&str, &str) -> bool) -> bool {
    let Ok(etag) = etag.to_str() else { return false };
    let lists = headers.get_all(name);
    lists
        .iter()
        .filter_map(|list| list.to_str().ok())
        .any(|list| list.trim() == "*" || tags(list).any(|tag| same(tag, etag)))
}

/// The entity tags of a list: `"a", W/"b,c"`. Reading ends where the list is no longer well formed.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let prefix = if rest.starts_with("W/") { 2 } else { 0 };
        let opaque = rest[prefix..].strip_prefix('"')?;
        let end = prefix + 1 + opaque.find('"')? + 1;
        let (tag, after) = rest.split_at(end);
        rest = after;
        Some(tag)
    })
}

fn weak(tag: &str, etag: &str) -> bool {
    tag.strip_prefix("W/").unwrap_or(tag) == etag
}

fn strong(tag: &str, etag: &str) -> bool {
    tag == etag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn if_none_match_reads_lists_weak_tags_and_the_star() {
        let etag = HeaderValue::from_static("\"b\"");
        for list in ["\"b\"", "\"a\", \"b\"", "W/\"b\"", "*", " * ", "\"a\",W/\"b\"", "\"x,y\" , \"b\""] {
            assert_eq!(evaluate(&asked(IF_NONE_MATCH, &[list]), &etag), Outcome::NotModified, "{list}");
        }
        for list in ["\"a\"", "b", "", "\"b", "W/b", "\"a,\"b\"", "**", "\"B\""] {
            assert_eq!(evaluate(&asked(IF_NONE_MATCH, &[list]), &etag), Outcome::Proceed, "{list}");
        }
        assert_eq!(evaluate(&asked(IF_NONE_MATCH, &["\"a\"", "\"b\""]), &etag), Outcome::NotModified);
    }

    #[test]
    fn if_match_is_strong() {
        let etag = HeaderValue::from_static("\"b\"");
        assert_eq!(evaluate(&asked(IF_MATCH, &["\"b\""]), &etag), Outcome::Proceed);
        assert_eq!(evaluate(&asked(IF_MATCH, &["*"]), &etag), Outcome::Proceed);
        assert_eq!(evaluate(&asked(IF_MATCH, &["W/\"b\""]), &etag), Outcome::Failed);
        assert_eq!(evaluate(&asked(IF_MATCH, &["\"a\""]), &etag), Outcome::Failed);
    }

    #[test]
    fn if_range_wants_exactly_this_representation() {
        let etag = HeaderValue::from_static("\"b\"");
        assert!(range_holds(&HeaderMap::new(), &etag));
        assert!(range_holds(&asked(IF_RANGE, &["\"b\""]), &etag));
        for other in ["W/\"b\"", "\"a\"", "Sun, 22 Nov 2026 00:00:00 GMT", "*"] {
            assert!(!range_holds(&asked(IF_RANGE, &[other]), &etag), "{other}");
        }
        assert!(!range_holds(&asked(IF_RANGE, &["\"b\"", "\"b\""]), &etag));
    }
}
