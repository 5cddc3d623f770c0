//! Packages that are whole.

use domain::{
    dcp::{
        AssetMap, Composition, ContentKind, Document, MainMix, Package, PackingList, SoundLabel, TrackKind,
        sound_layout,
    },
    ratio::Ratio,
};

use crate::documents::{
    Flavour, PackageXml, STEREOSCOPIC_VIDEO, TrackXml, VIDEO, composition, id, two_reels,
};

#[test]
fn both_flavours_give_the_same_film() {
    for flavour in [Flavour::Interop, Flavour::Smpte] {
        let film = two_reels(flavour).film().unwrap();
        assert_eq!((film.id, &film.kind), (id(100), &ContentKind::Feature));
        assert_eq!(film.title, "TEST-100_FTR_F_LO-XX_51_2K");
        assert_eq!(
            (film.edit_rate, film.duration, film.duration_ms()),
            (Ratio { num: 24, den: 1 }, 360, 15_000)
        );
        let [first, second] = &film.reels[..] else { panic!("{film:?}") };
        assert_eq!((first.start, first.duration, second.start, second.duration), (0, 240, 240, 120));
        assert_eq!((first.video.path.as_str(), first.video.size_bytes), ("video_1.mxf", 1_000_000));
        assert_eq!(
            domain::hex::encode(&first.video.sha1.unwrap()),
            "da39a3ee5e6b4b0d3255bfef95601890afd80709"
        );
        assert_eq!((first.video.entry_point, first.video.duration, first.video.entry_ms()), (24, 240, 1_000));
        assert_eq!(first.video.screen_aspect_ratio.unwrap(), Ratio { num: 37, den: 20 });
        let audio = first.audio.as_ref().unwrap();
        assert_eq!((audio.path.as_str(), audio.language.as_ref().unwrap().tag()), ("audio_1.mxf", "lo"));
        assert_eq!(first.text.iter().map(|text| text.kind).collect::<Vec<_>>(), [TrackKind::Subtitles]);
        assert_eq!((second.video.entry_point, second.video.duration), (10, 120));
        assert!(second.text.is_empty());
        assert!(!film.tracks().any(domain::dcp::FilmTrack::is_xml));
        assert_eq!(film.tracks().count(), 5);
        let placement = second.placement(&first.text[0], film.edit_rate);
        assert_eq!((placement.start_ms, placement.entry_ms, placement.duration_ms), (10_000, 0, 5_000));
    }
}

/// A composition of one reel.
fn with_composition(
    package: PackageXml,
    number: u64,
    kind: &str,
    element: &'static str,
    units: u64,
) -> PackageXml {
    let track = TrackXml::new(element, number + 1, units);
    package.media(number + 1, &format!("video_{number}.mxf"), 100).composition(number, kind, &[vec![track]])
}

#[test]
fn the_feature_is_chosen_and_else_the_longest() {
    let trailers = with_composition(PackageXml::new(Flavour::Smpte), 100, "trailer", VIDEO, 300);
    let trailers = with_composition(trailers, 110, "test", VIDEO, 900);
    assert_eq!(trailers.film().unwrap().id, id(110));
    let feature = with_composition(trailers, 120, "Feature", VIDEO, 200);
    assert_eq!(feature.film().unwrap().id, id(120));
    let package = feature.read().unwrap();
    assert_eq!(package.film(Some(id(100))).unwrap().id, id(100));
    assert_eq!(package.compositions().len(), 3);
    // The 2D version is used, even if the 3D version is longer.
    let both = with_composition(feature, 130, "feature", STEREOSCOPIC_VIDEO, 210);
    assert_eq!(both.film().unwrap().id, id(120));
    // Of equals, the first.
    let twice = with_composition(both, 140, "feature", VIDEO, 200);
    assert_eq!(twice.film().unwrap().id, id(120));
}

#[test]
fn other_xml_documents_are_no_compositions() {
    let package = two_reels(Flavour::Smpte);
    let map = AssetMap::parse(package.asset_map().as_bytes()).unwrap();
    let list = PackingList::parse(package.packing_list().as_bytes()).unwrap();
    let text = composition(Flavour::Smpte, 100, "feature", &[]);
    let documents = [
        Document { path: "text.xml", bytes: b"<DCSubtitle/>" },
        Document { path: "cpl.xml", bytes: text.as_bytes() },
    ];
    let read = Package::read(map, vec![list], &documents, package.files()).unwrap();
    assert_eq!(read.compositions().len(), 1);
}

#[test]
fn an_original_version_and_a_version_file_are_joined() {
    let original = two_reels(Flavour::Smpte);
    let tracks =
        vec![TrackXml::new(VIDEO, 11, 264), TrackXml::new("MainSound", 52, 264).with("Language", "th")];
    let version =
        PackageXml::new(Flavour::Smpte).media(52, "thai.mxf", 700).composition(600, "feature", &[tracks]);
    let mut map = AssetMap::parse(version.asset_map().as_bytes()).unwrap().in_folder("VF");
    map.join(AssetMap::parse(original.asset_map().as_bytes()).unwrap().in_folder("OV"));
    let lists =
        [&version, &original].map(|package| PackingList::parse(package.packing_list().as_bytes()).unwrap());
    assert_eq!(Package::composition_paths(&map, &lists), ["OV/cpl_100.xml", "VF/cpl_600.xml"]);
    let documents = [
        Document { path: "OV/cpl_100.xml", bytes: original.compositions["cpl_100.xml"].as_bytes() },
        Document { path: "VF/cpl_600.xml", bytes: version.compositions["cpl_600.xml"].as_bytes() },
    ];
    let in_folder = |folder: &str, package: &PackageXml| {
        package.files().into_iter().map(|(path, size)| (format!("{folder}/{path}"), size)).collect::<Vec<_>>()
    };
    let files = [in_folder("VF", &version), in_folder("OV", &original)].concat().into_iter().collect();
    let package = Package::read(map, lists.to_vec(), &documents, files).unwrap();
    let film = package.film(Some(id(600))).unwrap();
    assert_eq!(film.reels[0].video.path, "OV/video_1.mxf");
    assert_eq!(film.reels[0].audio.as_ref().unwrap().path, "VF/thai.mxf");
}

#[test]
fn a_composition_with_prefixes_captions_and_unknown_elements_is_read() {
    let text = r#"<?xml version="1.0"?>
<!-- written by hand -->
<c:CompositionPlaylist xmlns:c="http://www.smpte-ra.org/schemas/429-7/2006/CPL" xmlns:m="urn:metadata">
  <c:Id>URN:UUID:00000000-0000-4000-8000-000000000001</c:Id>
  <c:ContentTitleText>ທົດລອງ &amp; <!-- x -->test</c:ContentTitleText>
  <c:ContentKind scope="urn:mine">Retrospective</c:ContentKind>
  <c:Unknown><c:Id>nothing</c:Id></c:Unknown>
  <c:ReelList><c:Reel><c:AssetList>
    <c:MainMarkers><c:Id>damaged</c:Id></c:MainMarkers>
    <c:MainPicture><c:Id>urn:uuid:00000000-0000-4000-8000-000000000002</c:Id><c:EditRate>24000 1001</c:EditRate><c:IntrinsicDuration>48</c:IntrinsicDuration><c:FrameRate>odd</c:FrameRate></c:MainPicture>
    <t:MainClosedCaption xmlns:t="http://www.smpte-ra.org/schemas/429-12/2008/TT"><c:Id>urn:uuid:00000000-0000-4000-8000-000000000003</c:Id><c:EditRate>24 1</c:EditRate><c:IntrinsicDuration>48</c:IntrinsicDuration><c:Language>lo</c:Language></t:MainClosedCaption>
    <m:CompositionMetadataAsset><m:MainSoundConfiguration>51/L,R,C,LFE,Ls,Rs,-,VIN</m:MainSoundConfiguration></m:CompositionMetadataAsset>
    <m:AuxData/>
  </c:AssetList></c:Reel></c:ReelList>
</c:CompositionPlaylist>"#;
    let composition = Composition::parse(text.as_bytes()).unwrap();
    assert_eq!((composition.id, composition.title.as_str()), (id(1), "ທົດລອງ & test"));
    assert_eq!(composition.kind, ContentKind::Other("Retrospective".to_owned()));
    assert_eq!(composition.issue_date, None);
    let [reel] = &composition.reels[..] else { panic!("{composition:?}") };
    let kinds: Vec<_> = reel.tracks.iter().map(|track| track.kind).collect();
    assert_eq!(kinds, [TrackKind::Video, TrackKind::ClosedCaptions]);
    assert_eq!(reel.tracks[0].edit_rate, Ratio { num: 24000, den: 1001 });
    assert_eq!(reel.tracks[0].frame_rate, None);
    assert_eq!(composition.duration_ms(), 2_002);
    let names = composition.sound_configuration.unwrap();
    let layout = sound_layout(8, Some(SoundLabel::Names(&names)));
    assert_eq!((layout.mix, layout.visually_impaired), (MainMix::Surround51, Some(7)));
}

#[test]
fn interop_packages_have_subtitles_in_xml_and_need_no_hashes() {
    let mut package = two_reels(Flavour::Interop);
    package.assets[2].3 = "text/xml;asdcpKind=Subtitle";
    let map = AssetMap::parse(package.asset_map().as_bytes()).unwrap();
    let list = package.packing_list().replace("<Hash>2jmj7l5rSw0yVb/vlWAYkK/YBwk=</Hash>", "");
    let list = PackingList::parse(list.as_bytes()).unwrap();
    assert_eq!(Package::composition_paths(&map, std::slice::from_ref(&list)), ["cpl_100.xml"]);
    let documents = [Document { path: "cpl_100.xml", bytes: package.compositions["cpl_100.xml"].as_bytes() }];
    let film = Package::read(map, vec![list], &documents, package.files()).unwrap().film(None).unwrap();
    assert!(film.reels[0].text[0].is_xml());
    assert_eq!(film.reels[0].video.sha1, None);
}

#[test]
fn documents_with_byte_order_marks_are_read() {
    let text = composition(Flavour::Interop, 7, "feature", &[]);
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for bytes in [utf16, marked] {
        assert_eq!(Composition::parse(&bytes).unwrap().id, id(7));
    }
}
