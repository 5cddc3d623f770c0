//! Packages that are refused, and what editors read.

use domain::dcp::{
    AssetMap, Composition, Document, DocumentError, Package, PackageError, PackingList, TrackKind,
};

use crate::documents::{
    Flavour, PackageXml, STEREOSCOPIC_VIDEO, TrackXml, VIDEO, composition, id, two_reels,
};

fn one_reel(tracks: Vec<TrackXml>) -> PackageXml {
    PackageXml::new(Flavour::Smpte).media(1, "video.mxf", 100).media(2, "audio.mxf", 10).composition(
        100,
        "feature",
        &[tracks],
    )
}

fn video() -> TrackXml {
    TrackXml::new(VIDEO, 1, 240)
}

fn refusal(package: &PackageXml) -> (PackageError, String) {
    let error = package.film().unwrap_err();
    let text = error.to_string();
    (error, text)
}

#[test]
fn a_version_file_alone_names_what_is_absent() {
    let package = one_reel(vec![TrackXml::new(VIDEO, 31, 240), TrackXml::new("MainSound", 2, 240)]);
    let (error, text) = refusal(&package);
    let expected = PackageError::VersionFile { count: 1, examples: vec![(TrackKind::Video, id(31), 1)] };
    assert_eq!(error, expected);
    assert_eq!(
        text,
        "The package is a version file: an asset is not in it and belongs to the original version (video of reel 1: 00000000-0000-4000-8000-00000000001f). Deliver the original version and the version file together, or a complete DCP."
    );
    let reels: Vec<_> = (31..40).map(|number| vec![TrackXml::new(VIDEO, number, 240)]).collect();
    let many = PackageXml::new(Flavour::Interop).composition(100, "feature", &reels);
    let (error, text) = refusal(&many);
    assert!(matches!(error, PackageError::VersionFile { count: 9, .. }), "{error:?}");
    assert!(text.contains("9 assets are not in it and belong to"), "{text}");
    assert!(text.contains("; and 5 more)"), "{text}");
}

#[test]
fn encrypted_tracks_are_refused() {
    let key = format!("urn:uuid:{}", id(77));
    let package = one_reel(vec![video(), TrackXml::new("MainSound", 2, 240).with("KeyId", key)]);
    let (error, text) = refusal(&package);
    assert_eq!(error, PackageError::Encrypted { kind: TrackKind::Audio, reel: 1 });
    assert_eq!(
        text,
        "The audio of reel 1 is encrypted. Deliver an unencrypted DCP; Nang accepts no keys (KDM or DKDM)."
    );
}

#[test]
fn stereoscopic_video_is_refused() {
    let package = one_reel(vec![TrackXml::new(STEREOSCOPIC_VIDEO, 1, 240)]);
    let (error, text) = refusal(&package);
    assert_eq!(error, PackageError::Stereoscopic { reel: 1 });
    assert!(text.contains("Deliver the 2D version"), "{text}");
}

#[test]
fn missing_and_short_files_are_named() {
    let package = two_reels(Flavour::Smpte);
    let mut files = package.files();
    files.remove("audio_2.mxf");
    let error = package.read_with(files.clone()).unwrap().film(None).unwrap_err();
    assert_eq!(error.to_string(), "audio_2.mxf (audio of reel 2) is missing. Copy the whole package again.");
    files.insert("video_1.mxf".to_owned(), 999);
    let error = package.read_with(files).unwrap().film(None).unwrap_err();
    let expected =
        PackageError::FileSize { path: "video_1.mxf".to_owned(), expected: 1_000_000, actual: 999 };
    assert_eq!(error, expected);
}

#[test]
fn the_asset_map_and_the_packing_list_must_agree() {
    let package = one_reel(vec![video()]);
    let mut without_video = package.clone();
    without_video.assets.remove(0);
    let map = |package: &PackageXml| AssetMap::parse(package.asset_map().as_bytes()).unwrap();
    let list = |package: &PackageXml| PackingList::parse(package.packing_list().as_bytes()).unwrap();
    let documents = [Document { path: "cpl.xml", bytes: package.compositions["cpl_100.xml"].as_bytes() }];
    let film = |map, list| Package::read(map, vec![list], &documents, package.files()).unwrap().film(None);
    let error = film(map(&without_video), list(&package)).unwrap_err();
    assert_eq!(error, PackageError::NotMapped { id: id(1), kind: TrackKind::Video, reel: 1 });
    let error = film(map(&package), list(&without_video)).unwrap_err();
    let path = "video.mxf".to_owned();
    assert_eq!(error, PackageError::NotPacked { path, kind: TrackKind::Video, reel: 1 });
    let none = Package::read(map(&package), Vec::new(), &documents, package.files());
    assert_eq!(none.unwrap_err(), PackageError::NoPackingList);
    let none = Package::read(map(&package), vec![list(&package)], &[], package.files());
    assert_eq!(none.unwrap_err(), PackageError::NoComposition);
}

#[test]
fn tracks_must_have_what_is_played_of_them() {
    let (kind, reel) = (TrackKind::Video, 1);
    for (track, expected) in [
        (
            video().with("EntryPoint", 240),
            PackageError::NothingPlayed { kind, reel, entry_point: 240, intrinsic_duration: 240 },
        ),
        (
            video().with("Duration", 0),
            PackageError::NothingPlayed { kind, reel, entry_point: 0, intrinsic_duration: 240 },
        ),
        (
            video().with("EntryPoint", 100).with("Duration", 141),
            PackageError::BeyondEnd { kind, reel, entry_point: 100, end: 241, intrinsic_duration: 240 },
        ),
    ] {
        assert_eq!(refusal(&one_reel(vec![track])).0, expected);
    }
}

#[test]
fn reels_must_have_video_and_one_edit_rate() {
    assert_eq!(refusal(&one_reel(Vec::new())).0, PackageError::NoVideo { reel: 1 });
    let empty = PackageXml::new(Flavour::Smpte).composition(100, "feature", &[]);
    assert!(matches!(refusal(&empty).0, PackageError::NoReels { .. }));
    let mut second = video();
    second.edit_rate = "25 1";
    let package = PackageXml::new(Flavour::Smpte).media(1, "video.mxf", 100).composition(
        100,
        "feature",
        &[vec![video()], vec![second]],
    );
    let (_, text) = refusal(&package);
    assert_eq!(
        text,
        "Reel 2 has 25 edit units per second, and reel 1 has 24. Deliver a DCP with one edit rate."
    );
    let unknown = package.read().unwrap().film(Some(id(999))).unwrap_err();
    assert_eq!(unknown, PackageError::UnknownComposition { id: id(999) });
}

#[test]
fn damaged_documents_are_refused_with_their_place() {
    let text = composition(Flavour::Smpte, 1, "feature", &[vec![video()]]);
    let cut = &text[..text.find("</ReelList>").unwrap()];
    let error = Composition::parse(cut.as_bytes()).unwrap_err();
    assert!(matches!(error, DocumentError::Damaged { line: 11, column: 1, .. }), "{error:?}");
    let error = Composition::parse(text.replace("<RatingList/>", "<RatingList>").as_bytes()).unwrap_err();
    assert!(matches!(error, DocumentError::Damaged { line: 12, .. }), "{error:?}");
    let error = Composition::parse(text.replace("<EditRate>24 1", "<EditRate>24 0").as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 9: <EditRate> is \"24 0\", not a rate of two whole numbers, for example 24 1; export the package again"
    );
    let error = Composition::parse(text.replace("IntrinsicDuration", "Other").as_bytes()).unwrap_err();
    assert!(matches!(&error, DocumentError::Missing { line: 9, parent, .. } if parent == VIDEO));
    let error = AssetMap::parse(text.as_bytes()).unwrap_err();
    assert!(matches!(error, DocumentError::OtherKind { expected: "AssetMap", .. }), "{error:?}");
    assert_eq!(Composition::parse(b"<a>\xff\xfe</a>").unwrap_err(), DocumentError::NotUnicode);
    let documents = [Document { path: "cpl.xml", bytes: b"<a" }];
    let package = one_reel(vec![video()]);
    let list = PackingList::parse(package.packing_list().as_bytes()).unwrap();
    let map = AssetMap::parse(package.asset_map().as_bytes()).unwrap();
    let error = Package::read(map, vec![list], &documents, package.files()).unwrap_err();
    assert!(error.to_string().starts_with("cpl.xml: line 1, column 3: "), "{error}");
}
