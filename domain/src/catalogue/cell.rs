//! Lists in one cell of a table: `|` separates items, `:` separates the parts of an item, and a named part has the form
//! `name=text`. A backslash escapes these characters and itself.
//!
//! Examples: `drama:lo=ດຣາມາ:en=Drama|comedy`, `actor:noy-sisouk:lo=ນ້ອຍ:as en=the aunt`, `new:place=3`, `Drama|Comedy`.

use serde_json::{Map, Value, json};

use super::{ExportedCategory, ExportedCredit, ExportedReference, Texts, rule::canonical_tag};

/// Prefix of the names of a credit's parts that contain `credited_as` texts.
const AS: &str = "as ";

/// A part of an item.
struct Part {
    name: Option<String>,
    text: String,
}

/// Splits a cell into items, and each item into its parts.
fn parse(cell: &str) -> Vec<Vec<Part>> {
    let mut items = Vec::new();
    let (mut parts, mut part) = (Vec::new(), Part { name: None, text: String::new() });
    let mut letters = cell.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => part.text.push(letters.next().unwrap_or('\\')),
            '=' if part.name.is_none() => part.name = Some(std::mem::take(&mut part.text).trim().to_owned()),
            ':' | '|' => {
                parts.push(std::mem::replace(&mut part, Part { name: None, text: String::new() }));
                if letter == '|' {
                    items.push(std::mem::take(&mut parts));
                }
            }
            letter => part.text.push(letter),
        }
    }
    parts.push(part);
    items.push(parts);
    items
}

/// Reads a list of plain codes: countries, languages.
pub(super) fn read_codes(cell: &str) -> Value {
    cell.split('|').map(|code| Value::from(code.trim())).collect()
}

/// Reads genres and categories.
pub(super) fn read_references(cell: &str) -> Result<Value, String> {
    parse(cell).into_iter().map(|parts| reference(parts).map(|(reference, _)| reference)).collect()
}

/// Reads credits: a role, a person, and the `credited_as` texts.
pub(super) fn read_credits(cell: &str) -> Result<Value, String> {
    let credit = |mut parts: Vec<Part>| {
        if parts.len() < 2 || parts[0].name.is_some() {
            return Err(
                "must have the form role:person, such as actor:Noy Sisouk, with | between credits".to_owned()
            );
        }
        let role = parts.remove(0).text;
        let (person, credited_as) = reference(parts)?;
        Ok(json!({ "role": role.trim(), "person": person, "credited_as": credited_as }))
    };
    parse(cell).into_iter().map(credit).collect()
}

/// Reads the parts of a reference; returns it and its `credited_as` texts.
fn reference(parts: Vec<Part>) -> Result<(Value, Map<String, Value>), String> {
    let (mut slug, mut place) = (None, None);
    let (mut names, mut credited_as) = (Map::new(), Map::new());
    for (at, Part { name, text }) in parts.into_iter().enumerate() {
        let text = text.trim().to_owned();
        match name.as_deref() {
            None if at == 0 => slug = Some(text),
            None => {
                return Err(format!(
                    "{text:?} has no name: write \\: for a colon in a text, and | between items"
                ));
            }
            Some("place") => {
                place = Some(text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from));
            }
            Some(name) => {
                let (texts, tag) = match name.strip_prefix(AS) {
                    Some(tag) => (&mut credited_as, tag.trim()),
                    None => (&mut names, name),
                };
                if canonical_tag(tag).is_none() {
                    return Err(format!(
                        "{name:?} is not a language tag such as lo or en; write \\= for an equals sign in a text"
                    ));
                }
                texts.insert(tag.to_owned(), Value::from(text));
            }
        }
    }
    let mut fields = Map::new();
    match slug {
        Some(word) if names.is_empty() && place.is_none() => return Ok((Value::from(word), credited_as)),
        Some(word) if names.is_empty() => fields.insert("name".to_owned(), Value::from(word)),
        Some(slug) => fields.insert("slug".to_owned(), Value::from(slug)),
        None => None,
    };
    if !names.is_empty() {
        fields.insert("names".to_owned(), names.into());
    }
    if let Some(place) = place {
        fields.insert("place".to_owned(), place);
    }
    Ok((fields.into(), credited_as))
}

pub(super) fn write_codes(codes: &[String]) -> String {
    codes.join("|")
}

pub(super) fn write_genres(genres: &[ExportedReference]) -> String {
    joined(genres, write_reference)
}

pub(super) fn write_credits(credits: &[ExportedCredit]) -> String {
    joined(credits, |cell, credit| {
        cell.push_str(&credit.role);
        cell.push(':');
        write_reference(cell, &credit.person);
        write_texts(cell, AS, &credit.credited_as);
    })
}

pub(super) fn write_categories(categories: &[ExportedCategory]) -> String {
    joined(categories, |cell, category| {
        write_reference(cell, &category.category);
        cell.push_str(":place=");
        cell.push_str(&category.place.to_string());
    })
}

fn joined<T>(items: &[T], write: impl Fn(&mut String, &T)) -> String {
    let mut cell = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            cell.push('|');
        }
        write(&mut cell, item);
    }
    cell
}

fn write_reference(cell: &mut String, reference: &ExportedReference) {
    cell.push_str(&reference.slug);
    write_texts(cell, "", &reference.names);
}

fn write_texts(cell: &mut String, prefix: &str, texts: &Texts) {
    for (tag, text) in texts {
        cell.push(':');
        cell.push_str(prefix);
        cell.push_str(tag);
        cell.push('=');
        for letter in text.chars() {
            if matches!(letter, '\\' | '|' | ':' | '=') {
                cell.push('\\');
            }
            cell.push(letter);
        }
    }
}
