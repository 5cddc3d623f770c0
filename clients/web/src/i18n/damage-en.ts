/** The English texts of the editors' pages about damage. */
export const damageEn = {
  heldTitle: "Ready with damage: your decision is needed",
  heldText:
    "The film is encoded, but parts of the master could not be read. There the video stands still or the film is silent. Viewers do not get this encoding until you publish it.",
  heldDubTitle: "A dub is damaged: your decision is needed",
  heldDubText:
    "The dub is encoded, but parts of its file could not be read. There it is silent. Viewers do not get it until you publish it.",
  slightTitle: "The master has small damage",
  slightText:
    "Parts of the master could not be read. There the video stands still or the film is silent. It is little, so the film was published.",
  approvedTitle: "Published with damage",
  approvedText: (editor: string) => `${editor} published this encoding in spite of the damage below.`,
  someone: "An editor",
  olderShown: "Until then viewers get the previous version.",
  advice: "If you have an undamaged copy, upload it instead.",
  video: "Video",
  audio: (number: number, label: string | null) => (label ? `Audio ${number}: ${label}` : `Audio ${number}`),
  lost: {
    held_frames: (time: string, percent: string) =>
      `The video stands still or is broken for ${time} (${percent} of the film).`,
    lost_audio: (time: string, percent: string) => `Silence for ${time} (${percent} of the film).`,
  },
  places: (name: string) => `Damaged places: ${name}`,
  place: (from: string, to: string, time: string) => `${from} – ${to} (${time})`,
  playPlace: (from: string) => `Play from shortly before ${from}`,
  more: (shown: number, total: number) => `The ${shown} longest of ${total} places are listed.`,
  seconds: (seconds: string) => `${seconds} s`,
  all: (total: number) => `Show all ${total}`,
  publish: "Publish anyway",
  publishSure: "Viewers will notice the places above. Publish it?",
  delete: "Delete this encoding",
  deleteSure: "Delete this encoding? To get it back, the master must be encoded again.",
  deleteDubSure: "Delete this dub's encoding? To get it back, its file must be uploaded again.",
  keep: "Keep",
};
