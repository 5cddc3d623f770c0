import { expect, test } from "vitest";
import { EventParser } from "./event-stream";

const STREAM = [
  ": keep-alive\n\n",
  'event: film\ndata: {"a":1}\n\n',
  "data: one\r\ndata:two\r\n\r\n",
  "event: ignored\n\n",
  "data\rid: 7\r\r",
].join("");
const EVENTS = [
  { event: "film", data: '{"a":1}' },
  { event: "message", data: "one\ntwo" },
  { event: "message", data: "" },
];

test("events are parsed correctly for every chunk size", () => {
  for (let size = 1; size <= STREAM.length; size += 1) {
    const parser = new EventParser();
    const events = [];
    for (let offset = 0; offset < STREAM.length; offset += size) {
      events.push(...parser.push(STREAM.slice(offset, offset + size)));
    }
    // The parser holds back a final \r until it knows that no \n follows.
    events.push(...parser.push(":"));
    expect(events, `chunks of ${size} characters`).toEqual(EVENTS);
  }
});

test("an event without its closing blank line is not delivered", () => {
  expect(new EventParser().push("data: half\n")).toEqual([]);
});
