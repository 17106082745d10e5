//! Forms with a file (`multipart/form-data`, RFC 7578), as browsers send them: texts alone, each name once, whole or
//! not at all. What the file was called is not looked at.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;

const KIND: &str = "multipart/form-data";
const MOST_BOUNDARY: usize = 70;

/// What parts the fields, where it is a form of this kind.
pub fn boundary(headers: &HeaderMap) -> Option<String> {
    let (kind, rest) = headers.get(CONTENT_TYPE)?.to_str().ok()?.split_once(';')?;
    let boundary = rest.trim().strip_prefix("boundary=")?.trim_matches('"');
    let is_plain = boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte));
    let holds = kind.trim().eq_ignore_ascii_case(KIND) && is_plain && (1..=MOST_BOUNDARY).contains(&boundary.len());
    holds.then(|| boundary.to_owned())
}

/// Fields by name. `None` when it is no such form, is cut off, a name stands twice, or there are too many.
pub fn parse(bytes: &[u8], boundary: &str, most: usize) -> Option<BTreeMap<String, String>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let parting = format!("\r\n--{boundary}");
    let mut rest = text.strip_prefix(&parting[2..])?;
    let mut fields = BTreeMap::new();
    loop {
        if rest == "--" || rest == "--\r\n" {
            return Some(fields);
        }
        let (part, after) = rest.strip_prefix("\r\n")?.split_once(&parting)?;
        let (head, value) = part.split_once("\r\n\r\n")?;
        if value.contains('\0') || fields.len() == most || fields.insert(name(head)?, value.to_owned()).is_some() {
            return None;
        }
        rest = after;
    }
}

fn name(head: &str) -> Option<String> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, disposition) = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-disposition"))?;
    let (_, named) = disposition.trim().strip_prefix("form-data")?.split_once("; name=\"")?;
    let name = named.split('"').next()?;
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: &str) -> String {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    }

    #[test]
    fn a_form_with_a_file_is_read_as_browsers_write_it_and_nothing_else() {
        let file = "--x\r\nContent-Disposition: form-data; name=\"tep\"; filename=\"vùng.geojson\"\r\n\
                    Content-Type: application/geo+json\r\n\r\n{}\r\n";
        let whole = format!("{}{file}--x--\r\n", field("muc_dich", "Báo cáo\r\nhai dòng"));
        let read = parse(whole.as_bytes(), "x", 32).unwrap();
        assert_eq!((read["muc_dich"].as_str(), read["tep"].as_str()), ("Báo cáo\r\nhai dòng", "{}"));
        let twice = format!("{}{}--x--\r\n", field("a", "1"), field("a", "2"));
        let many: String = (0..33).map(|i| field(&format!("f{i}"), "1")).collect::<String>() + "--x--\r\n";
        for wrong in
            ["", "--x--x", "a=1", &whole[..whole.len() - 6], &twice, &many, &field("", "1"), "--x\r\n\r\n1\r\n--x--"]
        {
            assert_eq!(parse(wrong.as_bytes(), "x", 32), None, "{wrong:?}");
        }
        assert_eq!(parse(&[whole.as_bytes(), &b"\xff"[..]].concat(), "x", 32), None);
    }

    #[test]
    fn the_boundary_is_named_in_the_head() {
        let of = |kind: &str| boundary(&HeaderMap::from_iter([(CONTENT_TYPE, kind.parse().unwrap())]));
        assert_eq!(of("multipart/form-data; boundary=----WebKitFormBoundary7"), Some("----WebKitFormBoundary7".into()));
        for wrong in
            ["multipart/form-data", "multipart/mixed; boundary=x", "multipart/form-data; boundary=", "text/plain"]
        {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
