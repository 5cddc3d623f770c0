/**
 * What the OpenAPI file says of each route, as types: which paths there are, what a request takes, what it answers.
 *
 * Read from the generated `paths` alone, so that a route that changes on the server is a type error here.
 */
import type { paths } from "./generated";

export type Verb = "get" | "post" | "put" | "patch" | "delete";

/** The paths that know this verb. */
export type PathOf<V extends Verb> = {
  [P in keyof paths]: paths[P][V] extends undefined ? never : P;
}[keyof paths];

type Operation<P extends keyof paths, V extends Verb> = NonNullable<paths[P][V]>;

type ParametersOf<O> = O extends { parameters: infer T } ? T : never;
type BodyOf<O> = O extends { requestBody: { content: { "application/json": infer T } } } ? T : undefined;

/** `{}` if there is nothing to give, an optional field if everything in it may be left out, a required one otherwise. */
type Field<Name extends string, T> = [T] extends [undefined]
  ? unknown
  : undefined extends T
    ? { [K in Name]?: T }
    : { [K in Name]: T };

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** The request outlives its page; what a page says while it is being closed. At most 64 KiB at once. */
  keepalive?: boolean | undefined;
}

/** What a request takes: `path`, `query`, `header` and `body` as far as its route has them. */
export type RequestOf<P extends keyof paths, V extends Verb> = RequestOptions &
  Field<"path", ParametersOf<Operation<P, V>>["path"]> &
  Field<"query", ParametersOf<Operation<P, V>>["query"]> &
  Field<"header", ParametersOf<Operation<P, V>>["header"]> &
  Field<"body", BodyOf<Operation<P, V>>>;

/** The request may be left out where nothing in it is required. */
export type Arguments<P extends keyof paths, V extends Verb> =
  RequestOptions extends RequestOf<P, V> ? [request?: RequestOf<P, V>] : [request: RequestOf<P, V>];

type ResponsesOf<O> = O extends { responses: infer T } ? T : never;
type Success = 200 | 201 | 202 | 204;
type ContentOf<R, Media extends string> = R extends { content: { [K in Media]: infer T } } ? T : undefined;

/** The JSON of a successful answer; `undefined` where there is none (204). */
export type Answer<P extends keyof paths, V extends Verb> = {
  [S in keyof ResponsesOf<Operation<P, V>> & Success]: ContentOf<
    ResponsesOf<Operation<P, V>>[S],
    "application/json"
  >;
}[keyof ResponsesOf<Operation<P, V>> & Success];

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Where the next page begins; null on the last. */
  next_cursor: string | null;
}

/** The lists that come in pages. */
export type ListPath = {
  [P in PathOf<"get">]: RequestOf<P, "get"> extends { query?: { cursor?: string } }
    ? Answer<P, "get"> extends Page<unknown>
      ? P
      : never
    : never;
}[PathOf<"get">];

/** What a list is a list of. */
export type ItemOf<P extends ListPath> = Answer<P, "get"> extends Page<infer T> ? T : never;

/** The streams of server-sent events. */
export type EventPath = {
  [P in PathOf<"get">]: ResponsesOf<Operation<P, "get">> extends {
    200: { content: { "text/event-stream": unknown } };
  }
    ? P
    : never;
}[PathOf<"get">];
