//! What an editor can upload instead of a refused file.

pub(super) const CONVERT: &str = "convert it to SubRip (.srt), WebVTT (.vtt) or ASS, and upload that file";
pub(super) const EXPORT: &str =
    "export its subtitles as SubRip (.srt) or WebVTT (.vtt), and upload that file";
pub(super) const FRAMES: &str = "its times are frame numbers, so convert it to SubRip (.srt) with the frame rate of the film, and upload that file";
pub(super) const IMAGES: &str = "its subtitles are images, so read them with a program for text recognition (OCR), and upload its SubRip (.srt) file";
pub(super) const SAVE_TEXT: &str =
    "copy the subtitles into a text editor, save them as UTF-8 text, and upload that file";
pub(super) const TEXT: &str = "upload a subtitle as text: SubRip (.srt), WebVTT (.vtt) or ASS";
pub(super) const UNPACK: &str = "unpack it, and upload the subtitle file that it contains";
