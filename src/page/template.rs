//! The template engine: autoescape always on, an undefined or missing value stops the run.

use std::path::Path;

use jiff::civil::{Date, DateTime};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde::Serialize;

use crate::error::{Exit, Fault, Result, Stage};
use crate::model::land_use;
use crate::model::language::Language;

/// The engine of one language with every template of the theme.
///
/// # Errors
/// A folder that cannot be read, a template or word list that cannot be parsed.
pub fn engine(language: Language, theme: &Path) -> Result<Environment<'static>> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_formatter(write_escaped);
    engine.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the usual delimiters are valid"),
    );
    let words = words(language, theme)?;
    add_filters(&mut engine, language, words.clone());
    engine.add_global("w", words);
    engine.add_global("lang", language.id());
    engine.add_global("p", language.prefix());
    engine.add_global("in_vi", Value::from_safe_string(vietnamese_mark(language).into()));
    add_templates(&mut engine, theme)?;
    Ok(engine)
}

/// What a template sees of a row, a record or a date.
pub fn view<T: Serialize>(value: T) -> Value {
    Value::from(Serde(value))
}

/// Any failure of a template in the terms of the person who edits it.
pub fn fault(template: &str, error: &Error) -> Fault {
    let line = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    Fault::new(Stage::Page, Exit::Usage, format!("{line}{error}"))
        .file(format!("themes/*/templates/{template}"))
        .remedy("correct the template; every name it prints must be defined")
}

/// The five characters that end a text or an attribute. The engine's own writer also turns `/` into
/// `&#x2f;`, which doubles every date and address without protecting anything inside quotes.
fn write_escaped(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Err(Error::new(ErrorKind::UndefinedError, "a missing value would print as nothing"));
    }
    let text = value.as_str().map_or_else(|| value.to_string().into(), std::borrow::Cow::Borrowed);
    if value.is_safe() {
        return out.write_str(&text).map_err(Error::from);
    }
    out.write_str(&escape(&text)).map_err(Error::from)
}

/// Text that ends neither an element nor an attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn words(language: Language, theme: &Path) -> Result<Value> {
    let path = theme.join("words").join(format!("{}.toml", language.id()));
    let text = std::fs::read_to_string(&path).map_err(|e| Fault::storage(Stage::Page, words_file(language), e))?;
    let table: toml::Table = toml::from_str(&text)
        .map_err(|e| Fault::new(Stage::Page, Exit::Usage, e.to_string()).file(words_file(language)))?;
    Ok(view(table))
}

fn words_file(language: Language) -> String {
    format!("themes/*/words/{}.toml", language.id())
}

fn add_templates(engine: &mut Environment<'static>, theme: &Path) -> Result<()> {
    let folder = theme.join("templates");
    let listed = std::fs::read_dir(&folder).map_err(|e| Fault::storage(Stage::Page, "themes/*/templates", e))?;
    let mut names: Vec<String> = listed
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".html"))
        .collect();
    names.sort();
    for name in names {
        let text = std::fs::read_to_string(folder.join(&name)).map_err(|e| Fault::storage(Stage::Page, &name, e))?;
        engine.add_template_owned(name.clone(), text).map_err(|e| fault(&name, &e))?;
    }
    Ok(())
}

fn add_filters(engine: &mut Environment<'static>, language: Language, words: Value) {
    engine.add_filter("date", move |date: String| date_text(language, &date));
    engine.add_filter("moment", move |time: String| moment_text(language, &time));
    engine.add_filter("num", move |number: Value| number_text(language, &number));
    engine.add_filter("query", |text: String| query(&text));
    engine.add_filter("size", move |bytes: usize| language.size(bytes));
    engine.add_filter("said", move |text: Value| said(language, &text));
    engine.add_filter("named", move |code: String, list: String| named(&words, &list, code));
    engine.add_filter("land_use", move |codes: String| land_use_text(language, &codes));
    engine.add_filter("land_use_colour", |codes: String| colour(&codes).to_owned());
}

/// The attribute that tells a screen reader to read a text of the data in Vietnamese on a page that is not.
fn vietnamese_mark(language: Language) -> &'static str {
    if language == Language::Vi { "" } else { " lang=\"vi\"" }
}

/// Text as the value of a URL's query (percent encoding of everything but unreserved characters).
fn query(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn date_text(language: Language, date: &str) -> Result<String, Error> {
    let date: Date = date.parse().map_err(|e| Error::new(ErrorKind::InvalidOperation, format!("{date}: {e}")))?;
    Ok(language.date(date))
}

/// `2026-03-01T22:00:00` → `22:00, 01/03/2026`: the hour of a notice.
fn moment_text(language: Language, time: &str) -> Result<String, Error> {
    let time: DateTime = time.parse().map_err(|e| Error::new(ErrorKind::InvalidOperation, format!("{time}: {e}")))?;
    Ok(format!("{:02}:{:02}, {}", time.hour(), time.minute(), language.date(time.date())))
}

/// Text is a decimal with a point and stays digit for digit; a float prints its shortest exact form.
fn number_text(language: Language, number: &Value) -> Result<String, Error> {
    match number.as_str() {
        Some(decimal) => Ok(language.decimal(decimal)),
        None => f64::try_from(number.clone()).map(|number| language.decimal(&number.to_string())),
    }
}

fn said(language: Language, text: &Value) -> Result<Value, Error> {
    let translated = text.get_attr(language.id())?;
    if translated.is_undefined() || translated.is_none() { text.get_attr("vi") } else { Ok(translated) }
}

/// The word for a code of the data, or the code itself: data may hold codes newer than the theme.
fn named(words: &Value, list: &str, code: String) -> Result<Value, Error> {
    let word = words.get_attr(list)?.get_attr(&code)?;
    Ok(if word.is_undefined() { Value::from(code) } else { word })
}

/// `ONT+CLN` → `Đất ở tại nông thôn; Đất trồng cây lâu năm`; an unknown code stays a code.
pub fn land_use_text(language: Language, codes: &str) -> String {
    let name = |code| match (land_use::find(code), language) {
        (Some(land_use), Language::Vi) => land_use.name_vi.as_str(),
        (Some(land_use), Language::En) => land_use.name_en.as_str(),
        (None, _) => code,
    };
    land_use::split(codes).map(name).collect::<Vec<_>>().join("; ")
}

/// Official colour of the first code; white where it has none.
pub fn colour(codes: &str) -> &'static str {
    match land_use::find(land_use::principal(codes)) {
        Some(land_use) if !land_use.colour.is_empty() => &land_use.colour,
        _ => "#FFFFFF",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn render(source: &str, context: Value) -> Result<String, Error> {
        let mut engine = Environment::new();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_auto_escape_callback(|_| AutoEscape::Html);
        engine.set_formatter(write_escaped);
        engine.render_str(source, context)
    }

    #[test]
    fn text_of_the_data_cannot_become_markup_or_template() {
        let hostile = "<script>alert('1')</script>{{7*7}}\"";
        let html = render("<p title=\"{{ x }}\">", context! { x => hostile }).unwrap();
        assert_eq!(html, "<p title=\"&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;{{7*7}}&quot;\">");
    }

    #[test]
    fn a_missing_name_stops_the_run() {
        assert!(render("{{ x }}", context! {}).is_err());
        assert!(render("{{ x }}", context! { x => Option::<u8>::None }).is_err());
    }
}
