/** The server's errors of a subtitle file, grouped for people: by line of the file, about the whole file, by field of the form. */
import { ApiError } from "@nang/api-client";

export interface LineProblem {
  line: number;
  details: string[];
}

export interface FileProblems {
  lines: LineProblem[];
  /** Clauses such as `the file is empty`. */
  file: string[];
  /** Field or query parameter -> what is wrong with it. */
  fields: Readonly<Record<string, string>>;
}

const LINE = /^line (\d+)$/;

export function fileProblems(error: unknown): FileProblems {
  const errors = error instanceof ApiError ? (error.problem?.errors ?? []) : [];
  const lines = new Map<number, string[]>();
  const file: string[] = [];
  const fields: Record<string, string> = {};
  for (const { field, detail } of errors) {
    const line = LINE.exec(field)?.[1];
    if (line !== undefined) {
      lines.set(Number(line), [...(lines.get(Number(line)) ?? []), detail]);
    } else if (field === "file") {
      file.push(/^(the file|line) /.test(detail) ? detail : `the file ${detail}`);
    } else {
      fields[field] = fields[field] === undefined ? detail : `${fields[field]}; ${detail}`;
    }
  }
  const sorted = [...lines].sort(([one], [other]) => one - other);
  return { lines: sorted.map(([line, details]) => ({ line, details })), file, fields };
}

/** The lines of a file, numbered as the server numbers them. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

/** The encoding that the server guessed, if that is why it refused the file. */
export interface GuessedEncoding {
  encoding: string;
  preview: string[];
}

export function guessedEncoding(error: unknown): GuessedEncoding | null {
  if (!(error instanceof ApiError) || error.kind !== "confirm-encoding") {
    return null;
  }
  const { encoding, preview } = (error.problem ?? {}) as { encoding?: unknown; preview?: unknown };
  return typeof encoding === "string" && Array.isArray(preview)
    ? { encoding, preview: preview.filter((line) => typeof line === "string") }
    : null;
}
