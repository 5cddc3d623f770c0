//! Lists in one cell of a table: things are separated by `|`, a thing's parts by `:`, and a part with a name is
//! `name=text`. A backslash before one of these, or before itself, makes it a plain character.
//!
//! `drama:lo=ດຣາມາ:en=Drama|comedy`, `actor:noy-sisouk:lo=ນ້ອຍ:as en=the aunt`, `new:place=3`; or plainly `Drama|Comedy`.

use serde_json::{Map, Value, json};

use super::{CarriedCredit, CarriedPlace, CarriedThing, Texts, rule::canonical_tag};

/// What a part of a credit begins with that says what it is credited as.
const AS: &str = "as ";

/// A part of a thing.
struct Part {
    name: Option<String>,
    text: String,
}

/// Things, each of its parts.
fn parse(cell: &str) -> Vec<Vec<Part>> {
    let mut things = Vec::new();
    let (mut parts, mut part) = (Vec::new(), Part { name: None, text: String::new() });
    let mut letters = cell.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => part.text.push(letters.next().unwrap_or('\\')),
            '=' if part.name.is_none() => part.name = Some(std::mem::take(&mut part.text).trim().to_owned()),
            ':' | '|' => {
                parts.push(std::mem::replace(&mut part, Part { name: None, text: String::new() }));
                if letter == '|' {
                    things.push(std::mem::take(&mut parts));
                }
            }
            letter => part.text.push(letter),
        }
    }
    parts.push(part);
    things.push(parts);
    things
}

/// Plain texts: countries, languages.
pub(super) fn read_codes(cell: &str) -> Value {
    cell.split('|').map(|code| Value::from(code.trim())).collect()
}

/// Genres and shelves.
pub(super) fn read_things(cell: &str) -> Result<Value, String> {
    parse(cell).into_iter().map(|parts| thing(parts).map(|(thing, _)| thing)).collect()
}

/// Credits: a role, a person, and what they are credited as.
pub(super) fn read_credits(cell: &str) -> Result<Value, String> {
    let credit = |mut parts: Vec<Part>| {
        if parts.len() < 2 || parts[0].name.is_some() {
            return Err("must be like actor:Noy Sisouk, and the next one after a |".to_owned());
        }
        let role = parts.remove(0).text;
        let (person, credited_as) = thing(parts)?;
        Ok(json!({ "role": role.trim(), "person": person, "credited_as": credited_as }))
    };
    parse(cell).into_iter().map(credit).collect()
}

/// A thing, and what it is credited as.
fn thing(parts: Vec<Part>) -> Result<(Value, Map<String, Value>), String> {
    let (mut slug, mut place) = (None, None);
    let (mut names, mut credited_as) = (Map::new(), Map::new());
    for (at, Part { name, text }) in parts.into_iter().enumerate() {
        let text = text.trim().to_owned();
        match name.as_deref() {
            None if at == 0 => slug = Some(text),
            None => {
                return Err(format!("{text:?}: write \\: for a colon within a text, and | between things"));
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
                        "{name:?} is not a language; write \\= for an equals sign within a text"
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

pub(super) fn write_genres(genres: &[CarriedThing]) -> String {
    joined(genres, write_thing)
}

pub(super) fn write_credits(credits: &[CarriedCredit]) -> String {
    joined(credits, |cell, credit| {
        cell.push_str(&credit.role);
        cell.push(':');
        write_thing(cell, &credit.person);
        write_texts(cell, AS, &credit.credited_as);
    })
}

pub(super) fn write_places(places: &[CarriedPlace]) -> String {
    joined(places, |cell, place| {
        write_thing(cell, &place.shelf);
        cell.push_str(":place=");
        cell.push_str(&place.place.to_string());
    })
}

fn joined<T>(things: &[T], write: impl Fn(&mut String, &T)) -> String {
    let mut cell = String::new();
    for (at, thing) in things.iter().enumerate() {
        if at > 0 {
            cell.push('|');
        }
        write(&mut cell, thing);
    }
    cell
}

fn write_thing(cell: &mut String, thing: &CarriedThing) {
    cell.push_str(&thing.slug);
    write_texts(cell, "", &thing.names);
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
