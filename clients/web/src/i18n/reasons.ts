/**
 * The server's reasons why a film, a file or a job failed, in Lao. The server writes them in English and without a code; each pattern
 * is one of its sentences, with the values in it.
 */
import type { Language } from "./language";

type Reason = readonly [pattern: RegExp, lao: (...values: string[]) => string];

/** The reason in the language of the page; null if the page has it only as the server wrote it. */
export function reasonIn(text: string, language: Language): string | null {
  if (language === "en") {
    return text;
  }
  for (const [pattern, lao] of REASONS) {
    const match = pattern.exec(text.trim());
    if (match) {
      return lao(...match.slice(1).map((value) => value ?? ""));
    }
  }
  return null;
}

const REASONS: readonly Reason[] = [
  [
    /^This file has audio \((.+)\) but no video\./,
    (codec) => `ໄຟລ໌ນີ້ມີສຽງ (${codec}) ແຕ່ບໍ່ມີພາບ. ໃຫ້ອັບໂຫຼດໄຟລ໌ທີ່ມີພາບຂອງໜັງ.`,
  ],
  [/^This file has no video and no audio\./, () => "ໄຟລ໌ນີ້ບໍ່ມີພາບ ແລະ ບໍ່ມີສຽງ. ໃຫ້ອັບໂຫຼດໂຕໜັງ."],
  [
    /^This file is a still image \((.+), (\d+)×(\d+)\)/,
    (codec, width, height) => `ໄຟລ໌ນີ້ເປັນຮູບນິ່ງ (${codec}, ${width}×${height}) ບໍ່ແມ່ນໜັງ. ໃຫ້ອັບໂຫຼດໂຕໜັງ.`,
  ],
  [/^The duration of the video is unknown/, () => "ບໍ່ຮູ້ຄວາມຍາວຂອງໜັງ; ໄຟລ໌ອາດບໍ່ຄົບ. ໃຫ້ສົ່ງອອກ ຫຼື ສຳເນົາໃໝ່."],
  [/^The video lasts only (\d+) ms/, (ms) => `ໜັງຍາວພຽງ ${ms} ms; ຕ້ອງຍາວຢ່າງໜ້ອຍເຄິ່ງວິນາທີ. ໃຫ້ອັບໂຫຼດໜັງທັງໝົດ.`],
  [
    /^According to the file, the video lasts (\d+) hours/,
    (hours) => `ຕາມໄຟລ໌ ໜັງຍາວ ${hours} ຊົ່ວໂມງ; ສູງສຸດ 24. ຖ້າດັດຊະນີຂອງໄຟລ໌ເສຍ ໃຫ້ສົ່ງອອກໃໝ່. ຖ້າຍາວແທ້ ໃຫ້ແບ່ງເປັນຕອນ.`,
  ],
  [
    /^The video is (\d+)×(\d+); width and height/,
    (width, height) =>
      `ພາບມີຂະໜາດ ${width}×${height} ເຊິ່ງໃຊ້ບໍ່ໄດ້ (16 ຫາ 8192 ແລະ ດ້ານໜຶ່ງບໍ່ເກີນ 8 ເທົ່າຂອງອີກດ້ານ). ໃຫ້ສົ່ງອອກຂະໜາດອື່ນ.`,
  ],
  [
    /^The file marks the video as rotated by (.+)°/,
    (degrees) => `ພາບຖືກໝຸນ ${degrees}°; ໃຊ້ໄດ້ສະເພາະ 90° ຫຼື ຈຳນວນເທົ່າຂອງມັນ. ໃຫ້ສົ່ງອອກແບບຕັ້ງຊື່.`,
  ],
  [/^The frame rate is unknown/, () => "ບໍ່ຮູ້ຈຳນວນເຟຣມຕໍ່ວິນາທີ. ໃຫ້ສົ່ງອອກດ້ວຍຈຳນວນເຟຣມຄົງທີ່."],
  [/^The video's timestamps are unreadable/, () => "ອ່ານເວລາຂອງພາບບໍ່ໄດ້. ໃຫ້ສົ່ງອອກ ຫຼື ສຳເນົາໃໝ່."],
  [
    /^The video's pixel format \((.+), from (.+)\) is not supported/,
    (format, codec) => `ໃຊ້ຮູບແບບພິກເຊວ ${format} (${codec}) ບໍ່ໄດ້. ໃຫ້ສົ່ງ ProRes, DNxHR ຫຼື H.264 ແບບ YUV.`,
  ],
  [
    /^The video has the X′Y′Z′ colours/,
    () => "ພາບມີສີແບບ X′Y′Z′ ຂອງໂຮງໜັງ ເຊິ່ງເວັບສະແດງບໍ່ໄດ້. ໃຫ້ສົ່ງສະບັບ Rec. 709 ເຊັ່ນ ProRes 422 HQ.",
  ],
  [
    /^The video is HDR \((.+)\)/,
    (transfer) => `ພາບເປັນ HDR (${transfer}) ເຊິ່ງຍັງແປງບໍ່ໄດ້. ໃຫ້ສົ່ງສະບັບ SDR ແບບ Rec. 709.`,
  ],
  [
    /^Audio track (\d+) \((.+)\) cannot be decoded: (\d+) channels at (\d+) Hz/,
    (number, codec, channels, rate) =>
      `ອ່ານແທຣັກສຽງທີ ${number} (${codec}, ${channels} ຊ່ອງ, ${rate} Hz) ບໍ່ໄດ້. ໃຫ້ສົ່ງເປັນ PCM, WAV, AAC ຫຼື FLAC ຫຼື ເອົາແທຣັກອອກ.`,
  ],
  [
    /^The file has (\d+) audio tracks; at most (\d+)/,
    (count, max) => `ໄຟລ໌ມີ ${count} ແທຣັກສຽງ; ຮັບໄດ້ບໍ່ເກີນ ${max}. ໃຫ້ເອົາອັນທີ່ຜູ້ຊົມບໍ່ຕ້ອງການອອກ.`,
  ],
  [
    /^This file has no audio\./,
    () => "ໄຟລ໌ນີ້ບໍ່ມີສຽງ. ໃຫ້ອັບໂຫຼດໄຟລ໌ສຽງຂອງໜັງທັງໝົດ (WAV, FLAC, AAC, AC-3) ຫຼື ໄຟລ໌ໜັງທີ່ມີສຽງ.",
  ],
  [/^The file is encrypted/, () => "ໄຟລ໌ຖືກລັອກ (DRM). ໃຫ້ອັບໂຫຼດສຳເນົາທີ່ບໍ່ມີການປ້ອງກັນ."],
  [/^The file refers to other files/, () => "ໄຟລ໌ນີ້ອ້າງເຖິງໄຟລ໌ອື່ນ. ໃຫ້ສົ່ງອອກໜັງເປັນໄຟລ໌ດຽວທີ່ຄົບຖ້ວນ."],
  [
    /^The film's (video|audio) is coded as (.+), which Nang cannot decode/,
    (kind, codec) =>
      `${kind === "video" ? "ພາບ" : "ສຽງ"}ຂອງໜັງເປັນ ${codec} ເຊິ່ງອ່ານບໍ່ໄດ້. ໃຫ້ສົ່ງອອກເປັນ ProRes, DNxHR ຫຼື H.264.`,
  ],
  [
    /^This file is a still image \((.+)\), not a film\./,
    (name) => `ໄຟລ໌ນີ້ເປັນຮູບນິ່ງ (${name}) ບໍ່ແມ່ນໜັງ. ໃຫ້ອັບໂຫຼດໂຕໜັງ.`,
  ],
  [/^This file is a subtitle file, not a film\./, () => "ໄຟລ໌ນີ້ເປັນຄຳບັນຍາຍ ບໍ່ແມ່ນໜັງ. ໃຫ້ອັບໂຫຼດໂຕໜັງ."],
  [/^This file is a PDF document, not a film\./, () => "ໄຟລ໌ນີ້ເປັນເອກະສານ PDF ບໍ່ແມ່ນໜັງ. ໃຫ້ອັບໂຫຼດໂຕໜັງ."],
  [/^This file is a ZIP archive, not a film\./, () => "ໄຟລ໌ນີ້ເປັນໄຟລ໌ ZIP ບໍ່ແມ່ນໜັງ. ໃຫ້ແຕກອອກ ແລ້ວອັບໂຫຼດໜັງທີ່ຢູ່ໃນນັ້ນ."],
  [/^This file is a text file, not a film\./, () => "ໄຟລ໌ນີ້ເປັນຂໍ້ຄວາມ ບໍ່ແມ່ນໜັງ. ໃຫ້ອັບໂຫຼດໂຕໜັງ."],
  [
    /^This file is (?:an? .+), (?:a list|the address) of .+ rather than a film\./,
    () => "ໄຟລ໌ນີ້ເປັນພຽງລາຍການທີ່ຢູ່ ບໍ່ແມ່ນໂຕໜັງ. ໃຫ້ອັບໂຫຼດໂຕໜັງ.",
  ],
  [
    /^This file is a bare video stream \((.+)\)/,
    (name) => `ໄຟລ໌ນີ້ເປັນພາບດິບ (${name}) ທີ່ບໍ່ມີເວລາ. ໃຫ້ໃສ່ໃນໄຟລ໌ MP4 ຫຼື Matroska ກ່ອນ.`,
  ],
  [
    /^This file is audio only \((.+)\)/,
    (name) => `ໄຟລ໌ນີ້ມີແຕ່ສຽງ (${name}). ສຳລັບໜັງ ໃຫ້ອັບໂຫຼດໄຟລ໌ທີ່ມີພາບ; ສຳລັບສຽງພາກ ໃຫ້ໃຊ້ WAV, FLAC, AAC ຫຼື AC-3.`,
  ],
  [
    /^This file is (?:not a film that Nang can read|in a format that Nang does not accept)/,
    () => "ໄຟລ໌ນີ້ບໍ່ແມ່ນໜັງທີ່ Nang ອ່ານໄດ້. ໃຫ້ສົ່ງ MP4, QuickTime, Matroska, WebM, MXF, AVI ຫຼື MPEG.",
  ],
  [/^The same file as “(.+)”, which the film already has\.$/, (name) => `ເປັນໄຟລ໌ດຽວກັນກັບ “${name}” ທີ່ໜັງມີຢູ່ແລ້ວ.`],
  [/^The encode was cancelled\.$|^the build was cancelled$/, () => "ຍົກເລີກການແປງໄຟລ໌ແລ້ວ."],
  [/^Reading the master was cancelled\.$|^the job was cancelled$/, () => "ຍົກເລີກການອ່ານຕົ້ນສະບັບແລ້ວ."],
  [
    /^The dub lasts ([\d:.]+), and the film ([\d:.]+)/,
    (dub, film) => `ສຽງພາກຍາວ ${dub} ແຕ່ໜັງຍາວ ${film}. ໃຫ້ໃຊ້ໄຟລ໌ສຽງຂອງໜັງທັງເລື່ອງ ຫຼື ປັບການເລື່ອນເວລາ.`,
  ],
  [/^An editor cancelled the encoding\./, () => "ຜູ້ຈັດການຍົກເລີກການແປງໄຟລ໌. ເລືອກໄຟລ໌ອີກຄັ້ງ ຫຼື ເອົາສຽງພາກອອກ."],
  [/^The worker stopped responding (\d+) times/, (times) => `ເຄື່ອງແປງບໍ່ຕອບ ${times} ຄັ້ງໃນຂະນະທີ່ເຮັດວຽກນີ້.`],
  [/^The worker stopped responding/, () => "ເຄື່ອງແປງບໍ່ຕອບໃນຂະນະທີ່ເຮັດວຽກນີ້."],
  [/the decoder crashed \(signal (\d+)\)/, (signal) => `ໂຕອ່ານໄຟລ໌ລົ້ມ (ສັນຍານ ${signal}). ຕົ້ນສະບັບອາດເສຍຢູ່ບ່ອນນັ້ນ.`],
  [/the decoder needed more than (\d+) MiB of memory/, (size) => `ການອ່ານໄຟລ໌ໃຊ້ຄວາມຈຳເກີນ ${size} MiB.`],
  [/the decoder used more than (\d+) s of CPU time/, (seconds) => `ການອ່ານໄຟລ໌ໃຊ້ເວລາເກີນ ${seconds} ວິນາທີ.`],
  [/the decoder hung: no progress for (\d+) s/, (seconds) => `ການອ່ານໄຟລ໌ຄ້າງ: ບໍ່ຄືບໜ້າ ${seconds} ວິນາທີ.`],
  [/the decoder process ended early/, () => "ໂຕອ່ານໄຟລ໌ຈົບກ່ອນເວລາ."],
  [/the master could not be read from storage/, () => "ອ່ານຕົ້ນສະບັບຈາກບ່ອນເກັບຂໍ້ມູນບໍ່ໄດ້."],
  [/a segment could not be stored|the storage failed/, () => "ບ່ອນເກັບຂໍ້ມູນມີບັນຫາ. ກວດພື້ນທີ່ດິສກ໌."],
  [/the encoded parts do not make a whole film/, () => "ສ່ວນທີ່ແປງແລ້ວປະກອບເປັນໜັງທັງເລື່ອງບໍ່ໄດ້. ລອງແປງໃໝ່."],
  [/a database query failed/, () => "ຖານຂໍ້ມູນມີບັນຫາ. ລອງໃໝ່."],
];
