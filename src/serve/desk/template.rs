//! Pages of the desk from compiled-in templates: escaped always, and a missing value is a fault.

use std::sync::LazyLock;

use jiff::civil::Date;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, context};

use super::visit::Visit;
use crate::account::Refused;
use crate::account::clock::vietnam_time;
use crate::account::refused::{WORDS_EN, WORDS_VI};
use crate::account::session::SignedIn;
use crate::model::language::Language;
use crate::supply::Area;

/// Markup, escaped.
pub struct Page {
    pub title: String,
    pub main: String,
    /// False where the template failed: a fault of the program, with its cause in the log.
    pub whole: bool,
}

const TEMPLATES: &[(&str, &str)] = &[
    ("sign_in.html", include_str!("templates/sign_in.html")),
    ("password.html", include_str!("templates/password.html")),
    ("code.html", include_str!("templates/code.html")),
    ("account.html", include_str!("templates/account.html")),
    ("requests.html", include_str!("templates/requests.html")),
    ("request.html", include_str!("templates/request.html")),
    ("confirm.html", include_str!("templates/confirm.html")),
    ("confirm_ask.html", include_str!("templates/confirm_ask.html")),
    ("refusal.html", include_str!("templates/refusal.html")),
    ("parts.html", include_str!("templates/parts.html")),
];

static VI: LazyLock<Environment<'static>> =
    LazyLock::new(|| engine(Language::Vi, &[include_str!("words/vi.toml"), WORDS_VI]));
static EN: LazyLock<Environment<'static>> =
    LazyLock::new(|| engine(Language::En, &[include_str!("words/en.toml"), WORDS_EN]));

/// The page that `template` makes; `title` is a word under `[title]`.
pub fn page(visit: &Visit, template: &str, title: &str, session: Option<&SignedIn>, values: Value) -> Page {
    let engine = engine_of(visit.language);
    let csrf = session.map_or("", |session| session.csrf.as_str());
    let given = context! { csrf, v => values };
    let rendered = engine.get_template(template).and_then(|template| template.render(given));
    let titled = engine.render_str("{{ w.title[name] }}", context! { name => title });
    match (rendered, titled) {
        (Ok(main), Ok(title)) => Page { title, main, whole: true },
        (Err(cause), _) | (_, Err(cause)) => {
            tracing::error!(template, %cause, "a page of the desk could not be made");
            Page { title: "congbo".into(), main: "<h1>congbo</h1>".into(), whole: false }
        }
    }
}

/// One sentence that says why not.
pub fn refusal(visit: &Visit, refused: &Refused) -> Page {
    page(visit, "refusal.html", "refused", None, context! { word => refused.word() })
}

fn engine_of(language: Language) -> &'static Environment<'static> {
    match language {
        Language::Vi => &VI,
        Language::En => &EN,
    }
}

fn engine(language: Language, words: &[&str]) -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the usual delimiters are valid"),
    );
    let mut table = toml::Table::new();
    for text in words {
        table.extend(text.parse::<toml::Table>().expect("the compiled-in words are TOML"));
    }
    let [communes, sheet, bounds, polygon] = ["communes", "sheet", "box", "polygon"].map(|word| {
        let word = table.get("request").and_then(|words| words.get(word)).and_then(toml::Value::as_str);
        word.unwrap_or_default().to_owned()
    });
    engine.add_filter("area", move |text: String| match text.parse::<Area>() {
        Ok(Area::Communes(codes)) => format!("{communes} {}", codes.join(", ")),
        Ok(Area::Sheet { commune, sheet: number }) => format!("{sheet} {number}, {communes} {commune}"),
        Ok(Area::Box(numbers)) => format!("{bounds} {}", degrees(numbers)),
        Ok(Area::Polygon(drawn)) => format!("{polygon} {}, {bounds} {}", drawn.positions(), degrees(drawn.bounds)),
        Err(_) => text,
    });
    engine.add_global("w", Value::from(Serde(table)));
    engine.add_global("p", language.prefix());
    engine.add_filter("date", |date: String| date_text(&date));
    engine.add_filter("moment", |seconds: i64| {
        let time = vietnam_time(seconds);
        format!("{:02}:{:02}, {:02}/{:02}/{}", time.hour(), time.minute(), time.day(), time.month(), time.year())
    });
    for (name, text) in TEMPLATES {
        engine.add_template(name, text).expect("the compiled-in templates can be parsed");
    }
    engine
}

fn degrees(numbers: [f64; 4]) -> String {
    numbers.map(|number| number.to_string()).join(", ")
}

fn date_text(date: &str) -> Result<String, Error> {
    let date: Date = date.parse().map_err(|e| Error::new(ErrorKind::InvalidOperation, format!("{date}: {e}")))?;
    Ok(format!("{:02}/{:02}/{}", date.day(), date.month(), date.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(table: &toml::Table, before: &str) -> Vec<String> {
        let inner = |(key, value): (&String, &toml::Value)| match value {
            toml::Value::Table(table) => keys(table, &format!("{before}{key}.")),
            _ => vec![format!("{before}{key}")],
        };
        table.iter().flat_map(inner).collect()
    }

    #[test]
    fn every_word_stands_in_both_languages() {
        for (vi, en) in [(include_str!("words/vi.toml"), include_str!("words/en.toml")), (WORDS_VI, WORDS_EN)] {
            let [vi, en] = [vi, en].map(|text| keys(&text.parse().unwrap(), ""));
            assert_eq!(vi, en);
        }
    }
}
