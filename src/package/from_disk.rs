//! Pages, styles and scripts of an edition, changed so that they work when they are opened from a disk.
//!
//! A browser that opens `file:///E:/trang/index.html` takes no address that begins with `/`, loads no module and
//! reads no other file. So links lead from file to file, modules become scripts, and what scripts read comes as
//! scripts ([viewer/viewer.js](viewer/viewer.js)).

use std::collections::BTreeSet;

/// Where the site's files lie in the package.
pub const PAGES: &str = "trang";

/// The page to which links lead whose target is not in the package; the address asked for stands behind its `#`.
pub const ELSEWHERE: &str = "ngoai-goi/index.html";

/// No network at all: a page of a package may load what lies beside it, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file: data: \
    blob:; font-src 'self' file:; worker-src blob: data:; connect-src blob: data:; form-action 'self' file:; base-uri 'none'";

/// Lines of a page's head that mean something only to a server's visitors.
const ONLY_ONLINE: [&str; 4] =
    ["<link rel=\"preload\"", "<link rel=\"manifest\"", "<link rel=\"alternate\"", "<link rel=\"canonical\""];

/// Attributes that hold an address.
const ADDRESSES: [&str; 5] = [" href=\"/", " src=\"/", " action=\"/", " data-map=\"/", " data-worker=\"/"];

/// A page at `path` (below the site's root); `about` stands under its head and says what package it is of.
pub fn page(path: &str, html: &str, here: &BTreeSet<&str>, about: &str) -> String {
    let up = "../".repeat(path.matches('/').count());
    let mut out = String::with_capacity(html.len() + 1024);
    for line in html.split_inclusive('\n').filter(|line| !ONLY_ONLINE.iter().any(|start| line.starts_with(start))) {
        linked(line, &up, here, &mut out);
        if line.starts_with("<meta charset") {
            out.push_str(&head(&up));
        }
    }
    let out = out.replace("<script type=\"module\" ", "<script defer ");
    match out.split_once("</header>") {
        Some((before, after)) => format!("{before}{about}</header>{after}"),
        None => out,
    }
}

fn head(up: &str) -> String {
    format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <link rel=\"stylesheet\" href=\"{up}goi/goi.css\">\n\
         <script src=\"{up}goi/goi.js\"></script>\n<script src=\"{up}goi/viewer.js\"></script>\n"
    )
}

fn linked(mut line: &str, up: &str, here: &BTreeSet<&str>, out: &mut String) {
    while let Some((at, name)) = next_address(line) {
        let start = at + name.len();
        let Some(length) = line[start..].find('"') else { break };
        out.push_str(&line[..start - 1]);
        out.push_str(up);
        let address = &line[start..start + length];
        // The worker is no file here: the viewer knows its text by this address.
        let file = if name.contains("data-worker") { address.to_owned() } else { target(address, here) };
        out.push_str(&file);
        line = &line[start + length..];
    }
    out.push_str(line);
}

fn next_address(line: &str) -> Option<(usize, &'static str)> {
    ADDRESSES.iter().filter_map(|name| line.find(name).map(|at| (at, *name))).min()
}

/// `thua-dat/99001/1/#5` → `thua-dat/99001/1/index.html#5`.
fn target(address: &str, here: &BTreeSet<&str>) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let (path, rest) = address.split_at(end);
    let file = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
    if here.contains(file.as_str()) { format!("{file}{rest}") } else { format!("{ELSEWHERE}#/{path}") }
}

/// Fonts lie beside the style.
pub fn style(css: &str) -> String {
    css.replace("url(/assets/", "url(").replace("url(\"/assets/", "url(\"")
}

/// A module as a script of its own scope; none for one that loads others.
pub fn script(module: &str) -> Option<String> {
    let text = module.replace("import.meta.url", "document.baseURI");
    let loads = ["import.meta", "\nimport ", "\nimport{", "export{", "export default"].iter().any(|w| text.contains(w));
    let begins = ["import ", "import{", "import\""].iter().any(|word| text.starts_with(word));
    (!loads && !begins).then(|| format!("(async()=>{{\"use strict\";\n{text}\n}})();\n"))
}

/// A text for scripts, under the address by which they ask for it; a line for each object of a list, so that a delta
/// carries what changed.
pub fn text(address: &str, text: &str) -> String {
    let lines: Vec<String> = text.split_inclusive("},").map(script_string).collect();
    format!("congboGoi.tep({},[\n{}\n]);\n", script_string(address), lines.join(",\n"))
}

/// A string of JSON is one of JavaScript since 2019 but for two line ends, which old browsers do not take.
pub fn script_string(text: &str) -> String {
    let json = serde_json::to_string(text).expect("a text is a JSON string");
    json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_file_to_file_or_to_the_page_about_what_is_not_here() {
        let here: BTreeSet<&str> = ["index.html", "xa/99001-a/index.html", "assets/s.css"].into();
        let html = "<meta charset=\"utf-8\">\n<link rel=\"preload\" href=\"/assets/x.woff2\">\n\
            <link rel=\"stylesheet\" href=\"/assets/s.css\">\n<script type=\"module\" src=\"/assets/s.css\"></script>\n\
            <header>\n<a href=\"/\">A</a><a href=\"/xa/99001-a/#b\">B</a><a href=\"/en/\">C</a>\
            <a href=\"https://a.vn/\">D</a></header>\n";
        let page = page("xa/99001-a/index.html", html, &here, "<p>gói</p>\n");
        for expected in [
            "<link rel=\"stylesheet\" href=\"../../assets/s.css\">",
            "<script defer src=\"../../assets/s.css\">",
            "<a href=\"../../index.html\">A</a>",
            "<a href=\"../../xa/99001-a/index.html#b\">B</a>",
            "<a href=\"../../ngoai-goi/index.html#/en/\">C</a>",
            "<a href=\"https://a.vn/\">D</a>",
            "<script src=\"../../goi/viewer.js\"></script>",
            "<p>gói</p>\n</header>",
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        assert!(!page.contains("preload") && !page.contains("\"module\""));
    }

    #[test]
    fn a_module_becomes_a_script_unless_it_loads_others() {
        assert!(script("await a(import.meta.url)").unwrap().contains("await a(document.baseURI)"));
        assert_eq!(script("import{a}from\"./b.js\";"), None);
        assert_eq!(script("var a;export{a};"), None);
    }
}
