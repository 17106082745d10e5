//! Pages written by hand: `content/<name>.md`, in English `content/<name>.en.md`.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::{context, value::Value};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use serde::Deserialize;

use super::site::At;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::language::Language;

pub struct Article {
    name: String,
    vi: Text,
    en: Option<Text>,
}

struct Text {
    front: FrontMatter,
    html: String,
}

/// TOML between two lines of `+++`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    description: String,
}

impl Article {
    pub fn path(&self) -> String {
        format!("/{}/", self.name)
    }

    /// What a list of pages shows of it.
    pub fn link(&self, language: Language) -> Value {
        context! { path => self.path(), title => &self.text(language).0.front.title }
    }

    /// The text in `language`, or the Vietnamese one, and the language it is written in.
    fn text(&self, language: Language) -> (&Text, Language) {
        match (language, &self.en) {
            (Language::En, Some(en)) => (en, Language::En),
            _ => (&self.vi, Language::Vi),
        }
    }
}

pub fn render(at: &At, article: &Article) -> Result<String> {
    let (text, written_in) = article.text(at.language);
    at.render(
        "article.html",
        context! {
            title => &text.front.title,
            description => &text.front.description,
            written_in => written_in.id(),
            body => Value::from_safe_string(text.html.clone()),
        },
    )
}

/// All articles by name; a site without a `content` folder has none.
pub fn load_all(site_dir: &Path) -> Result<Vec<Article>> {
    let mut faults = vec![];
    let mut found: BTreeMap<String, [Option<Text>; 2]> = BTreeMap::new();
    for file in markdown_files(site_dir)? {
        let (name, language) = match file.strip_suffix(".en.md") {
            Some(name) => (name, 1),
            None => (file.trim_end_matches(".md"), 0),
        };
        match load(site_dir, &file) {
            Ok(text) => found.entry(name.to_owned()).or_default()[language] = Some(text),
            Err(Failure { faults: more }) => faults.extend(more),
        }
    }
    Failure::unless_empty(faults)?;
    found
        .into_iter()
        .map(|(name, [vi, en])| Ok(Article { vi: vi.ok_or_else(|| no_vietnamese(&name))?, en, name }))
        .collect()
}

fn no_vietnamese(name: &str) -> Fault {
    Fault::new(Stage::Page, Exit::Usage, "an English page has no Vietnamese one")
        .file(format!("content/{name}.en.md"))
        .remedy(format!("write content/{name}.md"))
}

fn markdown_files(site_dir: &Path) -> Result<Vec<String>> {
    let Ok(listed) = std::fs::read_dir(site_dir.join("content")) else { return Ok(vec![]) };
    let mut files: Vec<String> = listed
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".md"))
        .collect();
    files.sort();
    Ok(files)
}

fn load(site_dir: &Path, file: &str) -> Result<Text> {
    let shown = format!("content/{file}");
    let text = std::fs::read_to_string(site_dir.join(&shown)).map_err(|e| Fault::storage(Stage::Page, &shown, e))?;
    let Some((front, body)) = text.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n")) else {
        return Err(front_matter_fault(&shown, "the front matter is missing").into());
    };
    let front: FrontMatter = toml::from_str(front).map_err(|e| front_matter_fault(&shown, &e.to_string()))?;
    let html = with_captions(&to_html(body), &front);
    Ok(Text { front, html })
}

fn front_matter_fault(file: &str, problem: &str) -> Fault {
    Fault::new(Stage::Page, Exit::Usage, problem)
        .file(file)
        .remedy("begin the file with lines +++, title = \"…\", description = \"…\", +++")
}

/// Markdown without raw HTML, and links only to https, mailto and the site itself: whoever edits an
/// article cannot put a script on the site.
fn to_html(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Html(_) | Event::InlineHtml(_) => None,
        Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => None,
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Some(Event::Start(Tag::Link { link_type, dest_url: allowed(dest_url), title, id }))
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Some(Event::Start(Tag::Image { link_type, dest_url: allowed(dest_url), title, id }))
        }
        other => Some(other),
    });
    let mut written = String::new();
    html::push_html(&mut written, events);
    written
}

/// Markdown has no captions: a table is called after its page, and scrolls inside itself.
fn with_captions(html: &str, front: &FrontMatter) -> String {
    let title = front.title.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let open = format!(
        "<div class=\"table-frame\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\"><table><caption class=\"visually-hidden\">{title}</caption>"
    );
    html.replace("<table>", &open).replace("</table>", "</table></div>").replace("<th>", "<th scope=\"col\">")
}

fn allowed(url: CowStr<'_>) -> CowStr<'_> {
    let relative = !url.starts_with("//") && !url.split(['/', '?', '#']).next().unwrap_or("").contains(':');
    if relative || url.starts_with("https://") || url.starts_with("mailto:") { url } else { "#".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_html_is_dropped() {
        let html = to_html("Một <b onclick=\"x()\">hai</b>\n\n<script>alert(1)</script>\n\n**ba**");
        assert!(!html.contains("<script") && !html.contains("onclick"), "{html}");
        assert!(html.contains("<strong>ba</strong>"));
    }

    #[test]
    fn links_lead_to_https_mail_and_the_site_only() {
        for bad in ["javascript:alert(1)", "JaVaScript:x", "data:text/html,x", "http://x", "//x"] {
            assert_eq!(to_html(&format!("[a]({bad})")), "<p><a href=\"#\">a</a></p>\n", "{bad}");
        }
        for good in ["https://example.vn/", "mailto:a@example.vn", "/xa/", "#muc", "../"] {
            assert!(to_html(&format!("[a]({good})")).contains(&format!("href=\"{good}\"")), "{good}");
        }
    }
}
