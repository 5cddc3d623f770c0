//! The renditions of a build, for admins: planned when the build is created, measured when it is published.

use std::collections::HashMap;

use domain::{
    build_record::BuildRecord,
    id::BuildId,
    plan::{AudioEncode, AudioTrack, Level, Mix, Plan},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, Tx, expect_one};

text_enum! {
    /// Video, audio or subtitles.
    RenditionKind {
        /// A rung of the ladder.
        Video = "video",
        /// An audio rendition.
        Audio = "audio",
        /// A subtitle rendition.
        Subtitle = "subtitle",
    }
}

/// A rendition.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendition {
    /// Its folder within the build.
    pub name: String,
    /// Video, audio or subtitles.
    pub kind: RenditionKind,
    /// Frame width, for video.
    pub width: Option<u32>,
    /// Frame height, for video.
    pub height: Option<u32>,
    /// BCP 47 language, for audio and subtitles whose source states it.
    pub language: Option<String>,
    /// Label in the viewer's menu, for audio and subtitles.
    pub label: Option<String>,
    /// Loudness and gain, for audio whose loudness was measured.
    pub level: Option<Level>,
    /// RFC 6381 codecs string. This and the following fields are set when the build is published.
    pub codecs: Option<String>,
    /// Average bit rate of the whole rendition.
    pub average_bps: Option<u64>,
    /// Highest bit rate of a segment.
    pub peak_bps: Option<u64>,
    /// Size of all its objects except the playlist.
    pub size_bytes: Option<u64>,
    /// Number of media segments.
    pub segments: Option<u32>,
}

/// Returns the build's renditions in the plan's order.
pub async fn list(db: &crate::Db, build: BuildId) -> Result<Vec<Rendition>> {
    Ok(list_by_builds(db, &[build]).await?.remove(&build).unwrap_or_default())
}

/// Returns the renditions of these builds, each build's in its plan's order.
pub async fn list_by_builds(db: &crate::Db, builds: &[BuildId]) -> Result<HashMap<BuildId, Vec<Rendition>>> {
    let ids: Vec<Uuid> = builds.iter().map(|build| build.0).collect();
    let rows = sqlx::query!(
        r#"SELECT build_id, name, kind AS "kind: RenditionKind", width, height, language, label, level AS "level: Json<Level>", codecs,
                  average_bps, peak_bps, size_bytes, segments
           FROM renditions WHERE build_id = ANY($1) ORDER BY build_id, position"#,
        &ids,
    )
    .fetch_all(&db.pools.all)
    .await?;
    let mut by_build: HashMap<BuildId, Vec<Rendition>> = HashMap::new();
    for row in rows {
        by_build.entry(BuildId(row.build_id)).or_default().push(Rendition {
            name: row.name,
            kind: row.kind,
            width: row.width.map(i32::cast_unsigned),
            height: row.height.map(i32::cast_unsigned),
            language: row.language,
            label: row.label,
            level: row.level.map(|level| level.0),
            codecs: row.codecs,
            average_bps: row.average_bps.map(i64::cast_unsigned),
            peak_bps: row.peak_bps.map(i64::cast_unsigned),
            size_bytes: row.size_bytes.map(i64::cast_unsigned),
            segments: row.segments.map(i32::cast_unsigned),
        });
    }
    Ok(by_build)
}

/// Inserts the planned renditions of a new build.
pub(crate) async fn insert_planned(tx: &mut Tx, build: BuildId, plan: &Plan) -> Result<()> {
    let mut position = 0;
    for encode in plan.encodes() {
        let picture = plan.video.as_ref().and_then(|video| video.picture_of(encode));
        let (width, height) = picture.map(|picture| (picture.width, picture.height)).unzip();
        sqlx::query!(
            "INSERT INTO renditions (build_id, name, kind, position, width, height) VALUES ($1, $2, 'video', $3, $4, $5)",
            build.0,
            encode.name.as_str(),
            position,
            width.map(u32::cast_signed),
            height.map(u32::cast_signed),
        )
        .execute(&mut **tx)
        .await?;
        position += 1;
    }
    for (track, mix, rendition) in audio_renditions(plan) {
        sqlx::query!(
            "INSERT INTO renditions (build_id, name, kind, position, language, label, level) VALUES ($1, $2, 'audio', $3, $4, $5, $6)",
            build.0,
            rendition.name.as_str(),
            position,
            track.language,
            track.label,
            mix.level.map(Json) as _,
        )
        .execute(&mut **tx)
        .await?;
        position += 1;
    }
    Ok(())
}

/// All audio renditions with their tracks and mixes. A list and not an iterator: the compiler cannot yet prove that a future that
/// holds one is `Send`.
fn audio_renditions(plan: &Plan) -> Vec<(&AudioTrack, &Mix, &AudioEncode)> {
    let mut all = Vec::new();
    for track in &plan.audio {
        all.extend(track.renditions().map(|(mix, rendition)| (track, mix, rendition)));
    }
    all
}

/// Inserts the subtitle renditions of a finished build after its other renditions. They are not inserted when the build is created,
/// because a track that cannot be read is left out.
pub(crate) async fn insert_subtitles(tx: &mut Tx, build: BuildId, record: &BuildRecord) -> Result<()> {
    for rendition in &record.subtitles {
        sqlx::query!(
            "INSERT INTO renditions (build_id, name, kind, position, language, label)
             SELECT $1, $2, 'subtitle', coalesce(max(position) + 1, 0), $3, $4 FROM renditions WHERE build_id = $1",
            build.0,
            rendition.name.as_str(),
            rendition.language,
            rendition.label,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Records the measurements of a finished build.
pub(crate) async fn set_measured(tx: &mut Tx, build: BuildId, record: &BuildRecord) -> Result<()> {
    for (name, codecs, measured) in record.media() {
        let done = sqlx::query!(
            "UPDATE renditions SET codecs = $3, average_bps = $4, peak_bps = $5, size_bytes = $6, segments = $7
             WHERE build_id = $1 AND name = $2",
            build.0,
            name.as_str(),
            codecs,
            measured.bitrates.average_bps.cast_signed(),
            measured.bitrates.peak_bps.cast_signed(),
            measured.size_bytes.cast_signed(),
            measured.segments.cast_signed(),
        )
        .execute(&mut **tx)
        .await?;
        expect_one(done.rows_affected(), "recording measurements of a rendition")?;
    }
    Ok(())
}
