//! Makes masters with FFmpeg's command line.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::case::Case;

/// Number of blocks, and so of binary digits, in a numbered frame.
pub(super) const DIGITS: usize = 12;

/// Makes the master of a case and returns its path: the last word of its last command.
pub(super) fn make(case: &Case, folder: &Path) -> Result<PathBuf, String> {
    let mut last = String::new();
    for command in &case.make {
        let command = expand(command);
        let mut words: Vec<&str> = command.split_whitespace().collect();
        let program = match words.first() {
            Some(&"cat" | &"patch") => words.remove(0),
            _ => "ffmpeg",
        };
        (*words.last().ok_or("an empty command")?).clone_into(&mut last);
        match program {
            "cat" => join(folder, &words)?,
            "patch" => patch(folder, &words)?,
            _ => run(folder, &words)?,
        }
    }
    Ok(folder.join(last))
}

/// Replaces `{numbers RATE SECONDS}`, `{tone HZ SECONDS}` and `{disc RATE SECONDS WIDTHxHEIGHT RADIUS_X RADIUS_Y}` by inputs of FFmpeg.
fn expand(command: &str) -> String {
    let mut out = String::new();
    let mut rest = command;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&input(&inside.split_whitespace().collect::<Vec<_>>()));
        rest = after;
    }
    out + rest
}

fn input(words: &[&str]) -> String {
    match words {
        // Twelve black or white blocks: the number of the frame in binary digits.
        ["numbers", rate, seconds] => numbers(rate, seconds, "192x64"),
        ["numbers", rate, seconds, size] => numbers(rate, seconds, size),
        ["tone", hz, seconds] => format!("-f lavfi -i sine=f={hz}:r=48000:d={seconds}"),
        ["disc", rate, seconds, size, x, y] => format!(
            "-f lavfi -i nullsrc=s={size}:r={rate}:d={seconds},format=gray,\
             geq=lum='if(lte(pow((X-W/2)/{x},2)+pow((Y-H/2)/{y},2),1),235,16)',format=yuv420p"
        ),
        // A bar that moves eight samples in each frame.
        ["bar", rate, seconds] => format!(
            "-f lavfi -i nullsrc=s=192x576:r={rate}:d={seconds},format=gray,\
             geq=lum='if(between(mod(X-8*N,192),0,40),235,16)',format=yuv420p"
        ),
        // A white frame and a beep at every second.
        ["flashes", rate, seconds] => format!(
            "-f lavfi -i nullsrc=s=192x64:r={rate}:d={seconds},format=gray,geq=lum='if(lt(mod(T+0.001,1),0.1),235,16)',format=yuv420p"
        ),
        ["beeps", seconds] => {
            format!("-f lavfi -i aevalsrc='0.5*sin(6283*t)*lt(mod(t,1),0.1)':s=48000:d={seconds}")
        }
        // Red, green, blue and grey quarters.
        ["patches", rate, seconds] => format!(
            "-f lavfi -i nullsrc=s=192x64:r={rate}:d={seconds},format=gbrp,\
             geq=r='if(lt(Y,H/2),if(lt(X,W/2),200,40),if(lt(X,W/2),40,128))':\
             g='if(lt(Y,H/2),if(lt(X,W/2),40,200),if(lt(X,W/2),40,128))':\
             b='if(lt(Y,H/2),if(lt(X,W/2),40,40),if(lt(X,W/2),200,128))'"
        ),
        other => panic!("cases.toml names an unknown input: {other:?}"),
    }
}

fn numbers(rate: &str, seconds: &str, size: &str) -> String {
    format!(
        "-f lavfi -i nullsrc=s={size}:r={rate}:d={seconds},format=gray,\
         geq=lum='if(mod(floor(N/pow(2,floor(X*{DIGITS}/W))),2),235,16)',format=yuv420p"
    )
}

fn run(folder: &Path, words: &[&str]) -> Result<(), String> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y", "-bitexact"]).args(words).current_dir(folder);
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| format!("cannot run ffmpeg: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("ffmpeg {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)))
    }
}

/// `cat IN… OUT`
fn join(folder: &Path, words: &[&str]) -> Result<(), String> {
    let (out, inputs) = words.split_last().ok_or("cat without files")?;
    let mut bytes = Vec::new();
    for input in inputs {
        bytes.extend(std::fs::read(folder.join(input)).map_err(|error| format!("{input}: {error}"))?);
    }
    std::fs::write(folder.join(out), bytes).map_err(|error| error.to_string())
}

/// `patch MARK OFFSET HEX FILE`: overwrites bytes after the first place of a text.
fn patch(folder: &Path, words: &[&str]) -> Result<(), String> {
    let [mark, offset, hex, file] = words else { return Err("patch MARK OFFSET HEX FILE".to_owned()) };
    let path = folder.join(file);
    let mut bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
    let place = bytes.windows(mark.len()).position(|window| window == mark.as_bytes());
    let from =
        place.ok_or("the mark is not in the file")? + offset.parse::<usize>().map_err(|e| e.to_string())?;
    for (at, digits) in hex.as_bytes().chunks(2).enumerate() {
        let digits = std::str::from_utf8(digits).map_err(|error| error.to_string())?;
        bytes[from + at] = u8::from_str_radix(digits, 16).map_err(|error| error.to_string())?;
    }
    std::fs::write(&path, bytes).map_err(|error| error.to_string())
}
