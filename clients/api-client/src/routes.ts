/**
 * The routes of the OpenAPI file as types: the paths, what a request takes, what it resolves to.
 *
 * Everything is derived from the generated `paths`, so a route that changes on the server is a type error here.
 */
import type { paths } from "./generated";

export type Verb = "get" | "post" | "put" | "patch" | "delete";

/** The paths that have this verb. */
export type PathOf<V extends Verb> = {
  [P in keyof paths]: paths[P][V] extends undefined ? never : P;
}[keyof paths];

type Operation<P extends keyof paths, V extends Verb> = NonNullable<paths[P][V]>;

type ParametersOf<O> = O extends { parameters: infer T } ? T : never;
type BodyOf<O> = O extends { requestBody: { content: { "application/json": infer T } } } ? T : undefined;

/** No field if the route takes nothing, an optional field if all of its members are optional, otherwise a required one. */
type Field<Name extends string, T> = [T] extends [undefined]
  ? unknown
  : undefined extends T
    ? { [K in Name]?: T }
    : { [K in Name]: T };

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** The request continues after its page is closed. Browsers allow 64 KiB of such bodies at a time. */
  keepalive?: boolean | undefined;
}

/** What a request takes: those of `path`, `query`, `header` and `body` that its route has. */
export type RequestOf<P extends keyof paths, V extends Verb> = RequestOptions &
  Field<"path", ParametersOf<Operation<P, V>>["path"]> &
  Field<"query", ParametersOf<Operation<P, V>>["query"]> &
  Field<"header", ParametersOf<Operation<P, V>>["header"]> &
  Field<"body", BodyOf<Operation<P, V>>>;

/** The request argument is optional if none of its fields is required. */
export type Arguments<P extends keyof paths, V extends Verb> =
  RequestOptions extends RequestOf<P, V> ? [request?: RequestOf<P, V>] : [request: RequestOf<P, V>];

type ResponsesOf<O> = O extends { responses: infer T } ? T : never;
type Success = 200 | 201 | 202 | 204;
type ContentOf<R, Media extends string> = R extends { content: { [K in Media]: infer T } } ? T : undefined;

/** The JSON body of a successful response; `undefined` if it has none (204). */
export type ResultOf<P extends keyof paths, V extends Verb> = {
  [S in keyof ResponsesOf<Operation<P, V>> & Success]: ContentOf<
    ResponsesOf<Operation<P, V>>[S],
    "application/json"
  >;
}[keyof ResponsesOf<Operation<P, V>> & Success];

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** The cursor of the next page; null on the last page. */
  next_cursor: string | null;
}

/** The paths of paginated lists. */
export type ListPath = {
  [P in PathOf<"get">]: RequestOf<P, "get"> extends { query?: { cursor?: string } }
    ? ResultOf<P, "get"> extends Page<unknown>
      ? P
      : never
    : never;
}[PathOf<"get">];

/** The type of the items of a list. */
export type ItemOf<P extends ListPath> = ResultOf<P, "get"> extends Page<infer T> ? T : never;

/** The paths of server-sent event streams. */
export type EventPath = {
  [P in PathOf<"get">]: ResponsesOf<Operation<P, "get">> extends {
    200: { content: { "text/event-stream": unknown } };
  }
    ? P
    : never;
}[PathOf<"get">];
