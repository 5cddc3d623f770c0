//! Checks what a remote worker delivers, as strictly as the parent of a sandboxed child checks the child.

use domain::{
    child::{Limits, Part, Task, Work},
    key::{BuildObject, RenditionName},
    output::{PartOutput, StoredObject},
};

use crate::{
    execute::Done,
    sandbox::{ChildError, PlannedPart, check_analysed, check_probed},
};

/// Whether a job may store an object at this path within its build.
pub(super) fn is_of_part(work: &Work, path: &str) -> bool {
    let Work::Encode(task) = work else { return false };
    if task.part == Part::Subtitles {
        let of =
            |name: &RenditionName| path.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let file = task.plan.subtitles.iter().find_map(|track| of(&track.name));
        return file.is_some_and(|file| {
            !file.contains('/')
                && std::path::Path::new(file).extension().is_some_and(|end| end == "vtt" || end == "m3u8")
        });
    }
    let Ok(planned) = PlannedPart::of(task) else { return false };
    if planned.sheet.is_some_and(|number| BuildObject::StoryboardSheet(number).to_string() == path) {
        return true;
    }
    planned.names.iter().any(|name| {
        if BuildObject::Init(name).to_string() == path {
            return true;
        }
        let number = path.rsplit_once('/').and_then(|(_, file)| file.strip_suffix(".m4s")?.parse().ok());
        number.is_some_and(|number: u32| {
            planned.numbers().contains(&number) && BuildObject::Segment(name, number).to_string() == path
        })
    })
}

/// Checks a result against the work.
pub(super) fn check(work: &Work, done: &Done, master_bytes: u64, limits: &Limits) -> Result<(), ChildError> {
    match (work, done) {
        (Work::Probe, Done::Probed(probed)) => check_probed(probed, master_bytes),
        (Work::Analyse(task), Done::Analysed(analysed)) => check_analysed(task, analysed),
        (Work::Encode(task), Done::Encoded(output)) => check_output(task, output, limits),
        _ => Err(hostile("the result of another kind of job")),
    }
}

/// Returns the recorded objects of a part, by their paths within the build.
pub(super) fn objects_of<'a>(
    output: &'a PartOutput,
    work: &'a Work,
) -> impl Iterator<Item = (String, &'a StoredObject)> {
    let is_part = matches!(work, Work::Encode(_));
    let renditions = output.renditions.iter().flat_map(|part| {
        let name = &part.rendition;
        let init = (BuildObject::Init(name).to_string(), &part.init);
        let segments = part
            .segments
            .iter()
            .map(move |one| (BuildObject::Segment(name, one.number).to_string(), &one.object));
        std::iter::once(init).chain(segments)
    });
    let sheet = output
        .sheet
        .iter()
        .map(|sheet| (BuildObject::StoryboardSheet(sheet.number).to_string(), &sheet.object));
    let subtitles = output.subtitles.iter().filter_map(|part| part.stored.as_ref());
    let subtitles =
        subtitles.flat_map(|stored| stored.objects.iter().map(|(path, object)| (path.clone(), object)));
    renditions.chain(sheet).chain(subtitles).filter(move |_| is_part)
}

fn check_output(task: &Task, output: &PartOutput, limits: &Limits) -> Result<(), ChildError> {
    if task.part == Part::Subtitles {
        return check_subtitles(task, output);
    }
    let planned = PlannedPart::of(task)?;
    let names: Vec<_> = output.renditions.iter().map(|part| &part.rendition).collect();
    if names != planned.names.iter().collect::<Vec<_>>() || !output.subtitles.is_empty() {
        return Err(hostile("renditions that are not those of the part"));
    }
    for part in &output.renditions {
        let name = &part.rendition;
        let is_printable = part.codecs.bytes().all(|b| b.is_ascii_alphanumeric() || b"., -".contains(&b));
        if part.codecs.is_empty() || !is_printable {
            return Err(hostile(&format!("invalid codecs string {:?}", part.codecs)));
        }
        let numbers: Vec<u32> = part.segments.iter().map(|one| one.number).collect();
        if numbers != planned.numbers().collect::<Vec<_>>() {
            return Err(hostile(&format!("the segments of {name} are not those of the part")));
        }
        for (segment, ticks) in part.segments.iter().zip(&planned.segment_ticks) {
            let size_bytes = segment.object.size_bytes;
            let is_whole = match segment.first_frame_bytes {
                Some(first) => planned.is_video && (1..=size_bytes).contains(&first),
                None => !planned.is_video,
            };
            let is_possible = (1..=limits.segment_bytes as u64).contains(&size_bytes);
            if segment.duration_ticks != *ticks || !is_whole || !is_possible {
                return Err(hostile(&format!("an impossible segment {} of {name}", segment.number)));
            }
        }
    }
    if output.sheet.as_ref().map(|sheet| sheet.number) != planned.sheet {
        return Err(hostile("a storyboard sheet that is not that of the part"));
    }
    match (&output.damage[..], planned.concealed) {
        ([], _) => Ok(()),
        ([found], Some(concealed))
            if found.concealed == concealed
                && !found.damage.is_empty()
                && found.damage.is_possible(&planned.span) =>
        {
            Ok(())
        }
        _ => Err(hostile("impossible damage")),
    }
}

fn check_subtitles(task: &Task, output: &PartOutput) -> Result<(), ChildError> {
    let planned: Vec<_> = task.plan.subtitles.iter().map(|track| &track.name).collect();
    let found: Vec<_> = output.subtitles.iter().map(|part| &part.rendition).collect();
    let is_other = !output.renditions.is_empty() || output.sheet.is_some() || !output.damage.is_empty();
    if planned != found || is_other {
        return Err(hostile("subtitles that are not those of the part"));
    }
    let prefix = |name: &RenditionName| format!("{name}/");
    let is_within = output.subtitles.iter().all(|part| {
        let mut stored = part.stored.iter().flat_map(|stored| stored.objects.keys());
        stored.all(|path| path.starts_with(&prefix(&part.rendition)))
    });
    if is_within { Ok(()) } else { Err(hostile("subtitles outside their rendition")) }
}

fn hostile(text: &str) -> ChildError {
    ChildError::Hostile(text.to_owned())
}

#[cfg(test)]
mod tests {
    use domain::{
        child::{Limits, Part, Task, Work},
        key::BuildObject,
        output::{PartOutput, RenditionPart, Segment, StoredObject},
        planner,
        profile::Profile,
    };

    use super::{check_output, is_of_part, objects_of};
    use crate::{report::tests::facts, sandbox::PlannedPart};

    fn task(part: Part) -> Task {
        let plan = planner::plan(Profile::shipped("default").unwrap(), &facts()).unwrap();
        Task { plan, part }
    }

    /// The result that a correct worker reports for an audio track.
    fn output(task: &Task) -> PartOutput {
        let planned = PlannedPart::of(task).unwrap();
        let object = StoredObject { size_bytes: 100, sha256: "0".repeat(64) };
        let segments: Vec<_> = planned
            .numbers()
            .zip(&planned.segment_ticks)
            .map(|(number, ticks)| Segment {
                number,
                duration_ticks: *ticks,
                first_frame_bytes: None,
                object: object.clone(),
            })
            .collect();
        let rendition = |name: &domain::key::RenditionName| RenditionPart {
            rendition: name.clone(),
            codecs: "mp4a.40.2".to_owned(),
            init: object.clone(),
            segments: segments.clone(),
        };
        let renditions = planned.names.iter().map(rendition).collect();
        PartOutput { renditions, ..PartOutput::default() }
    }

    #[test]
    fn a_job_may_store_only_the_objects_of_its_part() {
        let chunk = task(Part::Chunk { index: 1, group: 0 });
        let planned = PlannedPart::of(&chunk).unwrap();
        let (name, numbers) = (planned.names[0].clone(), planned.numbers());
        let work = Work::Encode(Box::new(chunk));
        let segment = |number| BuildObject::Segment(&name, number).to_string();
        assert!(is_of_part(&work, &BuildObject::Init(&name).to_string()));
        assert!(is_of_part(&work, &segment(numbers.start)) && is_of_part(&work, &segment(numbers.end - 1)));
        assert!(is_of_part(&work, &BuildObject::StoryboardSheet(planned.sheet.unwrap()).to_string()));
        for path in [
            segment(numbers.start - 1),
            segment(numbers.end),
            segment(numbers.start).replace(".m4s", ".vtt"),
            format!("{name}/{}.m4s", numbers.start),
            format!("../{}", segment(numbers.start)),
            BuildObject::MediaPlaylist(&name).to_string(),
            BuildObject::Record.to_string(),
            "a1/init.mp4".to_owned(),
            String::new(),
        ] {
            assert!(!is_of_part(&work, &path), "{path}");
        }
        assert!(!is_of_part(&Work::Probe, &segment(numbers.start)));

        let subtitles = task(Part::Subtitles);
        let name = subtitles.plan.subtitles[0].name.clone();
        let work = Work::Encode(Box::new(subtitles));
        assert!(is_of_part(&work, &BuildObject::SubtitleText(&name).to_string()));
        for path in [
            format!("{name}/x/y.vtt"),
            format!("{name}/init.mp4"),
            format!("{name}.vtt"),
            "s9/index.m3u8".to_owned(),
        ] {
            assert!(!is_of_part(&work, &path), "{path}");
        }
    }

    #[test]
    fn a_result_that_differs_from_the_plan_is_refused() {
        let task = task(Part::Audio(0));
        let limits = Limits::default();
        let good = output(&task);
        check_output(&task, &good, &limits).unwrap();
        let work = Work::Encode(Box::new(task.clone()));
        let expected: usize = good.renditions.iter().map(|part| part.segments.len() + 1).sum();
        assert_eq!(objects_of(&good, &work).count(), expected);
        assert!(objects_of(&good, &work).all(|(path, _)| is_of_part(&work, &path)));
        let changed = |change: fn(&mut PartOutput)| {
            let mut bad = good.clone();
            change(&mut bad);
            check_output(&task, &bad, &limits)
        };
        for (what, change) in [
            ("a rendition is missing", (|bad| drop(bad.renditions.pop())) as fn(&mut PartOutput)),
            ("a segment is missing", |bad| drop(bad.renditions[0].segments.pop())),
            ("another number", |bad| bad.renditions[0].segments[0].number = 7),
            ("another duration", |bad| bad.renditions[0].segments[0].duration_ticks += 1),
            ("an empty segment", |bad| bad.renditions[0].segments[0].object.size_bytes = 0),
            ("a video frame", |bad| bad.renditions[0].segments[0].first_frame_bytes = Some(1)),
            ("codecs", |bad| bad.renditions[0].codecs = "\u{1b}[31m".to_owned()),
        ] {
            assert!(changed(change).is_err(), "{what}");
        }
    }
}
