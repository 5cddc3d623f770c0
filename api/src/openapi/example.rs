//! Examples of all parameters and JSON bodies, composed of the examples of their fields.
//!
//! The name of a field and its topic determine its example, because the same name has the same meaning in the whole API. Other fields
//! have the example of their schema. All examples are about one film.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{
    Content, OpenApi, RefOr, Schema,
    path::{Operation, ParameterBuilder},
};

/// Maximum nesting of schemas, which ends recursive ones.
const MAX_DEPTH: usize = 12;

/// The topic of a part of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Film,
    Person,
    Genre,
    Category,
    Track,
}

impl Topic {
    /// Returns the topic of a field, schema or path with this name; `None` if the name determines none.
    fn of(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let topics = [
            ("track", Self::Track),
            ("rendition", Self::Track),
            ("person", Self::Person),
            ("people", Self::Person),
            ("cast", Self::Person),
            ("genre", Self::Genre),
            ("categor", Self::Category),
            ("film", Self::Film),
        ];
        topics.into_iter().find(|(part, _)| name.contains(part)).map(|(_, topic)| topic)
    }

    fn id(self) -> Value {
        json!(match self {
            Self::Film => FILM,
            Self::Person => "01931f5c-7a10-7c52-9d1e-2f6b8e4a5d04",
            Self::Genre => "01931f5c-7a10-7c52-9d1e-2f6b8e4a5d05",
            Self::Category => "01931f5c-7a10-7c52-9d1e-2f6b8e4a5d06",
            Self::Track => OTHER,
        })
    }

    fn slug(self) -> Value {
        json!(match self {
            Self::Film | Self::Track => "sabaidi-luangphabang",
            Self::Person => "anuson-silisakda",
            Self::Genre => "lakhon",
            Self::Category => "nang-lao",
        })
    }

    fn names(self) -> Value {
        let (lo, en) = match self {
            Self::Film | Self::Track => (TITLE, "Good Morning, Luang Prabang"),
            Self::Person => ("ອານຸສອນ ສິຣິສັກດາ", "Anousone Sirisackda"),
            Self::Genre => ("ລະຄອນ", "Drama"),
            Self::Category => ("ໜັງລາວ", "Films from Laos"),
        };
        json!({ "lo": lo, "en": en })
    }
}

const FILM: &str = "01931f5c-7a10-7c52-9d1e-2f6b8e4a5d02";
const BUILD: &str = "01931f5c-7a10-7c52-9d1e-2f6b8e4a5d03";
/// The id of everything else.
const OTHER: &str = "01931f5c-7a10-7c52-9d1e-2f6b8e4a5d01";
const TITLE: &str = "ສະບາຍດີ ຫຼວງພະບາງ";

/// The schemas of the document, from which examples are composed.
pub(super) struct Examples(BTreeMap<String, Value>);

impl Examples {
    pub(super) fn of(document: &OpenApi) -> Self {
        let schemas = document.components.iter().flat_map(|components| &components.schemas);
        Self(
            schemas
                .filter_map(|(name, schema)| Some((name.clone(), serde_json::to_value(schema).ok()?)))
                .collect(),
        )
    }

    /// Adds the missing examples to the operation.
    pub(super) fn add_to(&self, path: &str, operation: &mut Operation) {
        // The last segment of the path that has a topic: /films/{id}/images has the topic film.
        let topic = path.split('/').rev().find_map(Topic::of).unwrap_or(Topic::Film);
        for parameter in operation.parameters.iter_mut().flatten() {
            let RefOr::T(parameter) = parameter else { continue };
            let has_one = serde_json::to_value(&*parameter).is_ok_and(|value| value.get("example").is_some());
            if !has_one {
                let example = self.make(&parameter.name, topic, parameter.schema.as_ref());
                *parameter = ParameterBuilder::from(std::mem::take(parameter)).example(example).build();
            }
        }
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            body.content.iter_mut().for_each(|(media_type, content)| self.fill(media_type, topic, content));
        }
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                response
                    .content
                    .iter_mut()
                    .for_each(|(media_type, content)| self.fill(media_type, topic, content));
            }
        }
    }

    fn fill(&self, media_type: &str, topic: Topic, content: &mut RefOr<Content>) {
        let RefOr::T(content) = content else { return };
        if content.example.is_none() && content.examples.is_empty() && media_type == "application/json" {
            content.example = self.make("", topic, content.schema.as_ref());
        }
    }

    fn make(&self, name: &str, topic: Topic, schema: Option<&RefOr<Schema>>) -> Option<Value> {
        self.example(name, topic, &serde_json::to_value(schema?).ok()?, 0)
    }

    /// Returns an example of a field with this name and schema.
    fn example(&self, name: &str, topic: Topic, schema: &Value, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let topic = Topic::of(name).unwrap_or(topic);
        if let Some(of) = schema["$ref"].as_str() {
            let of = of.rsplit('/').next()?;
            let schema = self.0.get(of)?;
            // The example of texts by language depends on the name of the field.
            let known =
                named(name, topic).filter(|_| schema["properties"].is_null() && schema["enum"].is_null());
            return known.or_else(|| self.example(name, Topic::of(of).unwrap_or(topic), schema, depth + 1));
        }
        let own = schema.get("example").or_else(|| schema["examples"].get(0));
        if let Some(all) = schema["enum"].as_array() {
            let known = named(name, topic).filter(|known| all.contains(known));
            return known.or_else(|| own.cloned()).or_else(|| all.first().cloned());
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let parts = parts.iter().filter_map(|part| self.example(name, topic, part, depth + 1));
            return Some(
                parts.filter_map(|part| part.as_object().cloned()).flatten().collect::<Map<_, _>>().into(),
            );
        }
        if let Some(choices) = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array) {
            let mut choices = choices.iter().filter(|choice| choice["type"] != "null");
            return choices.find_map(|choice| self.example(name, topic, choice, depth + 1));
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| **kind != "null")?,
            kind => kind,
        };
        match (kind.as_str()?, schema["properties"].as_object()) {
            ("object", Some(_)) if own.is_some() => own.cloned(),
            ("object", Some(fields)) => {
                let fields = fields.iter();
                let fields = fields.filter_map(|(field, schema)| {
                    Some((field.clone(), self.example(field, topic, schema, depth + 1)?))
                });
                Some(fields.collect::<Map<_, _>>().into())
            }
            ("array", _) => {
                Some(self.example(name, topic, &schema["items"], depth + 1).into_iter().collect())
            }
            ("boolean", _) => named(name, topic).or_else(|| own.cloned()).or(Some(json!(false))),
            _ => named(name, topic).or_else(|| own.cloned()).or_else(|| match schema["format"].as_str()? {
                "uuid" => Some(json!(OTHER)),
                "date-time" => Some(json!("2026-11-27T12:00:00Z")),
                _ => None,
            }),
        }
    }
}

/// Returns the example of fields with this name.
#[expect(clippy::match_same_arms, reason = "fields of the same topic are together")]
fn named(name: &str, topic: Topic) -> Option<Value> {
    const PLAYLIST: &str = "/v/AgEAAGjH8Q7c0y0lY8kqQm9uZ3NrYWQxMjM0NTY3ODkwYWJjZGVmZ2g/01931f5c-7a10-7c52-9d1e-2f6b8e4a5d02/presentations/01931f5c-7a10-7c52-9d1e-2f6b8e4a5d01/main.m3u8";
    Some(match name {
        "film_id" | "films" => json!(FILM),
        "build_id" => json!(BUILD),
        "id" | "into" | "person_id" => topic.id(),
        "genres" if topic == Topic::Genre => topic.id(),
        "id_or_slug" | "slug" | "genre" | "category" | "person" => topic.slug(),
        "titles" | "names" => topic.names(),
        "synopses" => {
            json!({ "lo": "ຊ່າງຖ່າຍຮູບຄົນໜຶ່ງເດີນທາງໄປຫຼວງພະບາງ.", "en": "A photographer travels to Luang Prabang." })
        }
        "biographies" => json!({ "lo": "ຜູ້ກຳກັບໜັງ.", "en": "Directs films." }),
        "descriptions" => json!({ "lo": "ໜັງທີ່ສ້າງໃນລາວ.", "en": "Films made in Laos." }),
        "awards" => json!({ "en": "Audience award, Luang Prabang Film Festival 2010" }),
        "label" if topic == Topic::Track => json!("ລາວ"),
        "title" | "text" | "label" | "original_title" => json!(TITLE),
        "available_from" | "from" => json!("2026-12-01T00:00:00Z"),
        "available_until" | "until" => json!("2027-12-01T00:00:00Z"),
        "credited_as" => json!({ "lo": "ນ້ອຍ", "en": "Noy" }),
        "countries" | "available_in" => json!("LA"),
        "language" | "languages" | "audio" => json!("lo"),
        "subtitle" => json!("en"),
        "age_rating" => json!("13+"),
        "region_note" => json!("Laos and Thailand"),
        "year" | "year_to" => json!(2008),
        "year_from" => json!(1990),
        "runtime_ms" | "duration_ms" => json!(5_520_000),
        "runtime_min_ms" => json!(3_600_000),
        "runtime_max_ms" => json!(7_200_000),
        "credits_ms" => json!(5_400_000),
        "position_ms" | "resume_position_ms" | "furthest_ms" => json!(1_260_000),
        "watched_ms" => json!(10_000),
        "progress" => json!(0.42),
        "file_name" => json!("sabaidee.lo.wav"),
        "warning" => json!("This dub was made when the film lasted 01:32:00; now the film lasts 01:20:00."),
        "width" => json!(1920),
        "widths" => json!(480),
        "height" => json!(1080),
        "codecs" => json!("avc1.640028"),
        "average_bps" => json!(4_200_000),
        "peak_bps" => json!(7_100_000),
        "size_bytes" | "masters_bytes" | "received_bytes" | "Upload-Length" | "Upload-Offset" => {
            json!(8_589_934_592_u64)
        }
        "builds_bytes" => json!(4_100_000_000_u64),
        "images_bytes" => json!(1_400_000),
        "sha256" => json!("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        "name" if topic == Topic::Track => json!("v1080"),
        "name" => json!("sabaidee-master.mov"),
        "profile" => json!("default"),
        "description" => json!("H.264 up to 1080p, for every device."),
        "note" => json!("The film already has a master with the same content."),
        "failure" | "error" => json!("the decoder crashed (signal 11) at 00:12:31"),
        "worker" => json!("encoder-1"),
        "url" => json!(PLAYLIST),
        "access_token" => json!("eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIwMTkzMWY1YyJ9.c2lnbmF0dXJl"),
        "user_email" => json!("noy@films.example.la"),
        "changes" => json!({ "visibility": ["draft", "public"] }),
        "new_genres" | "new_categories" | "new_people" => json!("ນິທານ"),
        "cursor" | "next_cursor" => json!("newest.1732708800000000.01931f5c7a107c529d1e2f6b8e4a5d02"),
        "limit" => json!(20),
        "event" => json!("film"),
        "kind" => json!("subtitles"),
        "status" => json!("ready"),
        "availability" => json!("now"),
        "visibility" => json!("scheduled"),
        "publish_at" => json!("2026-12-01T00:00:00Z"),
        "state" => json!("Yk3vJ0u4H2n8sQm1bX7wP5tR9cL6aZdE"),
        "code" => json!("SplxlOBeZQQYbYS6WxSbIA"),
        "Tus-Resumable" => json!("1.0.0"),
        "Upload-Metadata" => {
            json!("filename c2FiYWlkZWUubW92,film_id MDE5MzFmNWMtN2ExMC03YzUyLTlkMWUtMmY2YjhlNGE1ZDAy")
        }
        "Upload-Checksum" => json!("sha256 n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
        "priority" => json!(0),
        "number" | "attempts" | "version" | "position" | "created" | "changed" | "accepted" => json!(1),
        "index" | "ignored" | "error_count" | "unchanged" => json!(0),
        "max_attempts" => json!(3),
        "progress_done" | "frames_done" => json!(720),
        "progress_total" => json!(1500),
        "frames_total" => json!(138_000),
        "jobs_done" => json!(12),
        "jobs_running" => json!(2),
        "jobs_total" => json!(94),
        "made_by" => json!("track.replace"),
        "author" | "approved_by" => json!("noy@films.example.la"),
        "integrated_lufs" => json!(-27.3),
        "range_lu" => json!(11.2),
        "true_peak_dbtp" => json!(-6.8),
        "gain_db" => json!(4.3),
        "total_ms" => json!(3_200),
        "count" => json!(1),
        "stream_index" => json!(2),
        "encoding" => json!("windows-874"),
        "from_fps" => json!("25"),
        "to_fps" => json!("23.976"),
        "shift_ms" => json!(-1200),
        "cues" => json!(1204),
        "warnings" => json!("line 812: the cue has no text; it was dropped"),
        "start_ms" => json!(61_200),
        "end_ms" => json!(63_900),
        "shown" | "current" | "dry_run" | "resumable" => json!(true),
        _ => return None,
    })
}
