import { ApiError, type ResultOf } from "@nang/api-client";
import { session } from "../../session";
import { sendFile } from "../send-file";

export const FORMATS = { csv: "text/csv", json: "application/json" } as const;
export type Format = keyof typeof FORMATS;
export type ImportReport = ResultOf<"/api/admin/catalogue", "post">;

/** By the end of the file's name; null for another file. */
export function formatOf(name: string): Format | null {
  const end = name.toLowerCase().split(".").at(-1);
  return end === "csv" || end === "json" ? end : null;
}

/** A trial changes nothing. An import that the server refuses is tried again, which says why, line by line. */
export async function importCatalogue(file: File, isTrial: boolean): Promise<ImportReport> {
  const format = formatOf(file.name) ?? "csv";
  try {
    const text = await sendFile(session, {
      method: "POST",
      url: `/api/admin/catalogue?format=${format}&dry_run=${isTrial}`,
      body: file,
      contentType: FORMATS[format],
    });
    return JSON.parse(text) as ImportReport;
  } catch (error) {
    if (!isTrial && error instanceof ApiError && error.kind === "import-refused") {
      return importCatalogue(file, true);
    }
    throw error;
  }
}
