/** The English texts of the editors' pages about dubs. */
export const dubEn = {
  add: "Add a dub",
  replace: "Choose another file",
  replaceOf: (name: string) => `Choose another file for ${name}`,
  dropTitle: "Drop the audio file here",
  dropHint:
    "or choose a file: WAV, FLAC, AAC or AC-3 of the whole film, or a film file, whose audio is used.",
  fileMissing: "Choose a file.",
  shift: "Shift in seconds",
  shiftHint:
    "For example 2.5 if the dub begins 2.5 s after the film, or -1 if it has 1 s before the film's first frame.",
  shiftWrong: "Enter seconds, such as 2.5 or -1.",
  submit: "Upload the dub",
  starting: "Starting the upload",
  keepsText:
    "The track keeps its name, its language and its place in the menu. Viewers hear the present file until the new one is ready.",
  unfinished: "Dubs in the making",
  state: {
    uploading: "Uploading",
    waiting: "Waiting for a free worker",
    encoding: "Encoding",
    failed: "Failed",
  },
  encodingProgress: "Encoding progress",
  encodingText:
    "You may leave this page. The track is added when it is ready; viewers who are watching are not disturbed.",
  shifted: (seconds: string) => `Shift: ${seconds} s`,
  isReplacement: "Another file for a track of the film",
  failedTitle: "The dub could not be made",
  failedHint: "Choose another file, or remove the dub.",
  failedReplacementHint: "The track still has its former file. Choose another file, or remove this one.",
  remove: "Remove",
  removeSure: (name: string) => `Remove the dub ${name}? What has been uploaded is deleted.`,
  removeReplacementSure: (name: string) =>
    `Give up the new file of ${name}? The track keeps its former file.`,
  removed: (name: string) => `The dub ${name} was removed.`,
  ready: (name: string) => `${name} is ready. Viewers who press play now can choose it.`,
  file: (name: string) => `File: ${name}`,
};
