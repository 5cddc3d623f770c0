// The subtitle files of the browser tests.

export const CORRECTED = "ຍິນດີຕ້ອນຮັບ";
/** The corrected cue, in seconds. */
export const CORRECTED_FROM = 8;
export const CORRECTED_TO = 12.5;

export const LAO_SRT = `1
00:00:01,000 --> 00:00:05,000
ສະບາຍດີ <i>ໂລກ</i>

2
00:00:08,000 --> 00:00:12,000
ຍິນດີຕອນຮັບ

3
00:00:20,000 --> 00:00:24,000
ນ້ຳໃສ & ປ່າຂຽວ
`;
export const WRONG_SRT =
  "1\n00:00:05,000 --> 00:00:02,000\nຜິດເວລາ\n\n2\n00:00:07,000 -> 00:00:09,000\nຜິດລູກສອນ\n";
export const THAI_SRT = "1\r\n00:00:01,000 --> 00:00:05,000\r\nสวัสดีชาวโลก วันนี้อากาศดีมาก\r\n";

export const MANY_CUES = 2_000;

export function windows874(text) {
  return Buffer.from(
    [...text].map((letter) => {
      const code = letter.charCodeAt(0);
      return code < 0x80 ? code : code - 0xe00 + 0xa0;
    }),
  );
}

export function subtitleFile(name, content) {
  return { name, mimeType: "application/x-subrip", buffer: Buffer.from(content) };
}

export function manyCues() {
  const time = (ms) =>
    `00:0${Math.floor(ms / 60_000)}:${(Math.floor(ms / 1000) % 60).toString().padStart(2, "0")},${(ms % 1000).toString().padStart(3, "0")}`;
  return Array.from({ length: MANY_CUES }, (_none, at) => {
    const start = at * 60;
    return `${at + 1}\n${time(start)} --> ${time(start + 59)}\nข้อความที่ ${at + 1}\n`;
  }).join("\n");
}
