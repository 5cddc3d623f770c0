/** Nang's API for browsers: types from the server's OpenAPI file, a typed client, the session, live events. */
import type { components } from "./generated";

export { type ApiClient, authorisedFetch, body, createClient } from "./client";
export { EventParser, followEvents, type ServerEvent } from "./event-stream";
export { ApiError, isAbort, type Problem, parseProblem } from "./problem";
export { type Account, Session } from "./session";

type Schemas = components["schemas"];
export type AdminFilm = Schemas["AdminFilm"];
export type Build = Schemas["Build"];
export type EncodingProfile = Schemas["EncodingProfile"];
export type Film = Schemas["Film"];
export type FilmFile = Schemas["FilmFile"];
export type Job = Schemas["Job"];
export type Rendition = Schemas["Rendition"];
export type Stream = Schemas["Stream"];
export type Titles = Schemas["Titles"];
