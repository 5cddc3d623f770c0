/** Nang's API, typed from the server's OpenAPI file: requests, the account session, lists, live events. See the README. */
import type { components } from "./generated";

export { type ClientOptions, NangClient } from "./client";
export { type EventHandlers, EventParser, type ServerEvent } from "./event-stream";
export type { Pages } from "./pages";
export { ApiError, isAbort, type Problem, parseProblem } from "./problem";
export type { ItemOf, ListPath, Page, RequestOf, ResultOf } from "./routes";
export { type Account, Session, type SessionHint } from "./session";

type Schemas = components["schemas"];
export type AdminFilm = Schemas["AdminFilm"];
export type Build = Schemas["Build"];
export type EncodingProfile = Schemas["EncodingProfile"];
export type Film = Schemas["Film"];
export type FilmFile = Schemas["FilmFile"];
export type HeartbeatEvent = Schemas["HeartbeatEvent"];
export type HeartbeatReceipt = Schemas["HeartbeatReceipt"];
export type Job = Schemas["Job"];
export type Level = Schemas["Level"];
export type LoginOptions = Schemas["LoginOptions"];
export type Rendition = Schemas["Rendition"];
export type ActiveSession = Schemas["ActiveSession"];
export type Stream = Schemas["Stream"];
export type Titles = Schemas["Titles"];
