/** Why something failed, by code, in English: the server's own texts. How they are written: `reasons.ts`. */
import type { ReasonTexts } from "./reasons";

export const REASONS_EN: ReasonTexts = {
  audio_only: "This file has audio ({codec}) but no video. Upload the file that contains the film's video.",
  no_video_or_audio: "This file has no video and no audio. Upload the film itself.",
  still_image: "This file is a still image ({codec}, {width}×{height}), not a film. Upload the film itself.",
  no_duration:
    "The duration of the video is unknown; the file is probably incomplete or its index is missing. Export or copy it again.",
  video_too_short:
    "The video lasts only {ms} ms; a film must last at least half a second. Upload the whole film.",
  video_too_long:
    "According to the file, the video lasts {hours} hours; the maximum is 24. If the file's index is damaged, export it again. If the film is really that long, upload it in parts.",
  video_size:
    "The video is {width}×{height}; width and height must be at least 16 and at most 8192 samples, and neither may be more than 8 times the other. Export it in another size.",
  video_rotation:
    "The file marks the video as rotated by {degrees}°; only multiples of 90° are supported. Export it upright.",
  frame_rate_unknown:
    "The frame rate is unknown (the file states {rate}). Export the film with a constant frame rate.",
  timestamps_unreadable:
    "The video's timestamps are unreadable (unit {time_base}). Export or copy the file again.",
  pixel_format:
    "The video's pixel format ({pixel_format}, from {codec}) is not supported. Deliver ProRes, DNxHR or H.264 in YUV.",
  cinema_colors:
    "The video has the X′Y′Z′ colours of a digital cinema package, which web players cannot show. Deliver a version graded in or converted to Rec. 709, for example ProRes 422 HQ.",
  hdr: "The video is HDR ({transfer}), which Nang cannot convert for ordinary screens yet. Deliver an SDR version graded in Rec. 709.",
  audio_channels:
    "Audio track {number} has {channels} channels, and the file does not say which speakers they are for; at most {max} are accepted then. Deliver a stereo, 5.1 or 7.1 mix, or name the channels in the file.",
  dolby_vision:
    "The video is Dolby Vision profile {profile} without a base layer that ordinary players can show. Deliver an HDR10, HLG or SDR version, for example Dolby Vision profile 8.1 or 8.4, or Rec. 709.",
  file_clock_broken:
    "The file's clock jumps more than {max} times: the recording is too disturbed to be joined. Make a new file from its source.",
  note_movie_header:
    "The file's header declares {declared}, but its tracks last {actual}; Nang uses the length of the tracks.",
  note_mono_tracks_mixed:
    "Audio tracks {first} to {last} are mono, equally long and alike; Nang takes them as one mix ({layout}).",
  note_mono_tracks_left_out:
    "The file has {count} mono audio tracks without names; Nang uses the first {used} as the film's audio and no other.",
  note_speakers_guessed:
    "Audio track {number} has {channels} channels without names; Nang takes them as {layout}.",
  note_only_left: "Audio track {number} is a left channel alone; viewers hear it on both sides.",
  note_only_right: "Audio track {number} is a right channel alone; viewers hear it on both sides.",
  note_default_passed_over:
    "The file marks audio track {number} as the default, but it is not the film's own audio; track {leading} leads.",
  note_commentary_by_title: "According to its title, audio track {number} is a commentary.",
  note_description_by_title: "According to its title, audio track {number} is an audio description.",
  note_mirrored: "The file says that the video is mirrored; Nang mirrors it.",
  note_cropped:
    "The file says that {left}, {right}, {top} and {bottom} samples at the left, right, top and bottom are not shown; Nang cuts them off.",
  note_variable_rate: "The time between frames varies; the film gets {rate} frames per second.",
  note_video_late:
    "The video begins {seconds} s after the audio; until then viewers hear the audio and see black.",
  note_audio_cut: "The audio begins {seconds} s before the video; that part is cut off.",
  note_shape_changes:
    "The frames change their shape, among others to {width}×{height}; every shape is kept, with black bars.",
  note_woven_fields:
    "The file flags its frames as progressive, but they are two fields; Nang deinterlaces them.",
  note_whole_frames:
    "The file flags its frames as interlaced, but they are whole (PsF); Nang does not deinterlace them.",
  note_hdr_pq:
    "The video is HDR (PQ, up to {nits} cd/m²); Nang converts it for ordinary screens (SDR, BT.709).",
  note_hdr_pq_measured:
    "The video is HDR (PQ) and does not say how bright it is; according to some of its frames, Nang converts it for up to {nits} cd/m² (SDR, BT.709).",
  note_hdr_pq_assumed:
    "The video is HDR (PQ) and does not say how bright it is; Nang takes it as up to {nits} cd/m² and converts it for ordinary screens (SDR, BT.709).",
  note_hdr_hlg: "The video is HDR (HLG); Nang converts it for ordinary screens (SDR, BT.709).",
  note_wide_gamut: "The video has {primaries} colours; Nang converts it for ordinary screens (BT.709).",
  note_cinema_colors:
    "The video has the X′Y′Z′ colours of digital cinema; Nang converts it for ordinary screens (BT.709).",
  note_later_tracks:
    "The file has tracks that begin only later in it, as a recording of several programmes has; Nang uses those of its start.",
  note_clock_jumps:
    "The file's clock jumps[ {count} times, first] at {at}; Nang joins the parts without a gap.",
  audio_track_format:
    "Audio track {number} ({codec}) cannot be decoded: {channels} channels at {sample_rate} Hz. Deliver it as PCM, AAC or FLAC, or remove the track.",
  too_many_audio_tracks:
    "The file has {count} audio tracks; at most {max} are accepted. Remove those that viewers do not need.",
  file_empty: "This file is empty. Upload it again.",
  file_is_hls:
    "This file is an HLS playlist, a list of addresses rather than a film. Upload the film itself.",
  file_is_concat: "This file is a concat script, a list of files rather than a film. Upload the film itself.",
  file_is_dash:
    "This file is a DASH manifest, a list of addresses rather than a film. Upload the film itself.",
  file_is_imf: "This file is an IMF composition, a list of files rather than a film. Upload the film itself.",
  file_is_sdp:
    "This file is a session description (SDP), the address of a broadcast rather than a film. Upload the film itself.",
  file_is_image: "This file is a still image ({format}), not a film. Upload the film itself.",
  file_is_subtitles: "This file is a subtitle file, not a film. Upload the film itself.",
  file_is_bare_video:
    "This file is a bare video stream ({format}) without timestamps. Put it into an MP4 or Matroska file first.",
  file_is_audio:
    "This file is audio only ({format}). For a film, upload the file that contains its video; for a dub, upload WAV, FLAC, AAC or AC-3.",
  file_is_pdf: "This file is a PDF document, not a film. Upload the film itself.",
  file_is_zip: "This file is a ZIP archive, not a film. Unpack it and upload the film inside.",
  file_is_text: "This file is a text file, not a film. Upload the film itself.",
  format_unknown:
    "This file is not a film that Nang can read: it has no known container format. Nang accepts MP4, QuickTime, Matroska, WebM, MXF, MPEG transport and program streams, AVI, ASF, FLV, Ogg, DV and GXF.",
  format_not_accepted:
    "This file is in a format that Nang does not accept ({format}). Nang accepts MP4, QuickTime, Matroska, WebM, MXF, MPEG transport and program streams, AVI, ASF, FLV, Ogg, DV and GXF.",
  file_without_index:
    "The file has no index (moov): copying or recording it was interrupted. Copy it again from its source.",
  file_header_damaged: "The file is damaged: its header cannot be read ({detail}). Upload it again.",
  file_cut_short:
    "The file is cut short: its header declares {declared}, but its data ends at {end}. Upload it again.",
  file_cut_short_bytes:
    "The file is cut short: its header declares {declared} bytes, but it has {actual}. Upload it again.",
  file_stretch_unreadable: "The file is damaged: a long stretch of it is unreadable. Upload it again.",
  file_refers_to_others:
    "The file refers to other files that contain its video or audio. Export the film as one self-contained file.",
  file_encrypted: "The file is encrypted (DRM). Upload a copy without copy protection.",
  video_codec:
    "The film's video is coded as {codec}, which Nang cannot decode. Export it as ProRes, DNxHR or H.264 with AAC or PCM audio.",
  audio_codec:
    "The film's audio is coded as {codec}, which Nang cannot decode. Export it as ProRes, DNxHR or H.264 with AAC or PCM audio.",
  video_undecodable:
    "Video track {number} ({codec}) cannot be decoded: the file is damaged or does not contain what its name says. Upload an undamaged copy.",
  video_undecodable_at:
    "The video cannot be decoded at or before {time} ({places} damaged places): the file is damaged. Upload it again.",
  audio_undecodable:
    "Audio track {number} cannot be decoded ({places} damaged places). Remove it or upload an undamaged copy.",
  video_unreadable: "The video cannot be read {where}. Upload an undamaged copy of the film.",
  audio_unreadable:
    "Audio track {number}[ ({label})] cannot be read {where}. Upload an undamaged copy of the film, or remove this track from the file and upload it again.",
  where_anywhere: "anywhere",
  where_after: "after {time}",
  where_before: "before {time}",
  where_share: "for {percent} % of the film[; the longest damaged part is from {from} to {to}]",
  dub_no_audio:
    "This file has no audio. Upload an audio file of the whole film (WAV, FLAC, AAC, AC-3), or a film file with audio.",
  dub_track_format:
    "Audio track {number} ({codec}) cannot be decoded: {channels} channels at {sample_rate} Hz. Export the audio as WAV or FLAC.",
  dub_other_speed:
    "The dub lasts {dub}, and the film {film}[; with the shift of {shift}]: their ends are {difference} apart, and at most {tolerance} are accepted. The lengths differ as 25 and 24 frames per second do: export the dub at the speed of this film.",
  dub_too_short:
    "The dub lasts {dub}, and the film {film}[; with the shift of {shift}]: the dub ends {difference} too early, and at most {tolerance} are accepted. Upload a dub of the whole film. If it only begins later than the film, add it with that many seconds as shift.",
  dub_too_long:
    "The dub lasts {dub}, and the film {film}[; with the shift of {shift}]: the dub ends {difference} too late, and at most {tolerance} are accepted. Upload a dub of this version of the film. If it has a leader before the film's first frame, add it with a negative shift.",
  dub_timeline_unknown:
    "The record of the film's encoding does not say where its segments end, so no dub can be fitted to it. Encode the film again, then add the dub again.",
  dub_unreadable: "The dub cannot be read {where}. Choose an undamaged file.",
  dub_damaged:
    "The file is damaged: the dub is silent for {total}[ in {places} places, the longest {longest}][ at {at}]. Publish it anyway, or choose an undamaged file.",
  dub_film_not_shown:
    "The film shows nothing any more, so the dub cannot be fitted to it. Make the film ready, then add the dub again.",
  dub_removed: "The dub was removed.",
  dub_film_replaced:
    "The film was replaced while the dub was being made. It lasted {before}, and now it lasts {now}. Choose a file for the present version of the film.",
  dub_film_deleted:
    "The film was deleted while the dub was being made. Choose the file again, or remove the dub.",
  dub_encoding_cancelled: "An editor cancelled the encoding. Choose the file again, or remove the dub.",
  decoder_crashed: "the decoder crashed (signal {signal})[ at {at}][. FFmpeg said: {ffmpeg}]",
  decoder_memory: "the decoder needed more than {mib} MiB of memory[ at {at}]",
  decoder_cpu_time: "the decoder used more than {seconds} s of CPU time[ at {at}]",
  decoder_hung: "the decoder hung: no progress for {seconds} s[ at {at}][. FFmpeg said: {ffmpeg}]",
  decoder_stopped:
    "the decoder process was stopped by a signal (SIGSTOP) and not continued[ at {at}]; Nang ended it",
  decoder_call_forbidden:
    "the sandbox ended the decoder[ at {at}], because it made a forbidden system call ({call}). The file may have been crafted to attack the decoder",
  decoder_timed_out: "the task did not finish within {seconds} s[ at {at}]",
  decoder_exited: "the decoder process ended early (exit status {status})[ at {at}][. FFmpeg said: {ffmpeg}]",
  decoder_failed: "{detail}[ at {at}][. FFmpeg said: {ffmpeg}]",
  decoder_protocol: "the decoder process violated the protocol: {detail}",
  decoder_not_started: "the decoder process could not be started: {detail}",
  encoder_output: "the encoder produced more than {kib} KiB",
  other_libraries:
    "this worker has {here}, but the build was started with {planned}; a worker with those versions can continue it",
  master_unreadable: "the master could not be read from storage: {detail}",
  master_missing: "the master is missing from storage; upload it again",
  segment_not_stored: "a segment could not be stored: {detail}",
  object_differs:
    "{object} is already stored with different bytes, and the objects of a build are never overwritten",
  object_missing: "{object} is missing from storage[, and {more} more objects are missing or altered]",
  object_altered:
    "{object} in storage is altered: its size or hash differs from what was encoded[, and {more} more objects are missing or altered]",
  object_unreadable: "{object} cannot be read: {detail}",
  parts_incomplete: "the encoded parts do not make a whole film: {detail}",
  part_damaged:
    "its stored objects are missing or damaged; a retry of the publish job encodes this part again",
  storage_failed: "the storage failed: {detail}",
  database_failed: "a database query failed: {detail}",
  too_many_open_files: "too many open files: {cause}",
  profile_unknown:
    "this version of Nang has no profile {profile}; choose another profile for the film and upload its master again",
  disk_space:
    "Waits for disk space: encoding continues when the storage has more than {mib} MiB free (min_free_bytes, NANG_MIN_FREE_BYTES). Delete what is no longer needed, or enlarge the storage.",
  job_failed: "{Work} failed: {cause}",
  job_failed_times: "{Work} failed {times} times, the last time: {cause}",
  worker_lost: "The worker stopped responding while {work}.",
  worker_lost_times: "The worker stopped responding {times} times while {work}.",
  work_read_master: "reading the master",
  work_read_dub: "reading the dub",
  work_analyse: "measuring the loudness of audio track {number}",
  work_plan_film: "planning the film",
  work_plan_dub: "planning the dub",
  work_chunk: "encoding chunk {number} of {total}[ in codec group {group}] ({from}–{to})",
  work_video_part: "encoding video part {number}",
  work_audio: "encoding audio track {number}[ of {total}][ ({label})]",
  work_subtitles: "reading the subtitles of the master",
  work_publish_film: "publishing the film",
  work_publish_dub: "publishing the dub",
  work_collect: "deleting objects that are no longer needed",
  work_purge: "purging a deleted film",
  encoding_cancelled: "The encode was cancelled.",
  reading_cancelled: "Reading the master was cancelled.",
  build_discarded: "An editor deleted the damaged encode. Upload an undamaged master.",
  build_restarted:
    "Restarted with a worker's own library versions, since no other worker continued it: {cause}",
  attempt_build_cancelled: "the build was cancelled",
  attempt_build_failed: "another part of the build failed",
  attempt_build_restarted: "the build was restarted with other library versions",
  attempt_job_cancelled: "the job was cancelled",
  attempt_dub_removed: "the dub was removed or replaced",
  attempt_film_deleted: "the film was deleted",
  attempt_lease_expired: "lease expired",
  attempt_worker_stopped: "the worker was stopped",
  attempt_worker_restarted: "the worker was restarted",
  subtitles_interrupted: "Nang stopped while it made the subtitles. Upload the file again.",
  file_duplicate: "The same file as “{name}”, which the film already has.",
  upload_of_dub_ended: "The dub was removed or got another file before the upload was complete.",
  upload_expired: "The upload expired because no data arrived for too long.",
  other: "{detail}",
};
