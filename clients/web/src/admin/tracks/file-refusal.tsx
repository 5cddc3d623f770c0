/** Why the server refused a subtitle file: each error with its line and the text of that line. */
import { useEffect, useRef, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { AlertIcon } from "../../ui/icons";
import { InlineError } from "../../ui/notice";
import { type FileProblems, linesOf } from "./file-problems";

interface FileRefusalProps {
  error: unknown;
  problems: FileProblems;
  file: File | null;
  encoding: string | null;
}

export function FileRefusal({ error, problems, file, encoding }: FileRefusalProps) {
  const { t } = useEditorLanguage();
  const lines = useLines(problems.lines.length > 0 ? file : null, encoding);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (error !== null) {
      box.current?.scrollIntoView({ block: "nearest" });
    }
  }, [error]);
  if (error === null) {
    return null;
  }
  if (problems.lines.length === 0) {
    return (
      <div ref={box} className="scroll-my-4">
        <InlineError
          error={problems.file.length > 0 ? t.subtitleFile.refused(problems.file.join("; ")) : error}
        />
      </div>
    );
  }
  return (
    <div ref={box} role="alert" className="scroll-my-4 space-y-3 rounded-2xl bg-ember/12 p-4">
      <p className="flex items-start gap-2 font-semibold text-ember">
        <AlertIcon className="mt-0.5 size-5" />
        {t.subtitleFile.lineErrors(problems.lines.length)}
      </p>
      <p className="text-sm text-soft">{t.subtitleFile.lineErrorsHint}</p>
      <ol className="max-h-96 space-y-2 overflow-y-auto">
        {problems.lines.map(({ line, details }) => (
          <li key={line} className="rounded-xl bg-stage px-3 py-2">
            <p className="text-sm">
              <span className="font-semibold tabular-nums">{t.subtitleFile.line(line)}</span>{" "}
              <span lang="en" className="break-words">
                {details.join("; ")}
              </span>
            </p>
            {lines[line - 1] && (
              <p
                dir="auto"
                className="mt-1 line-clamp-3 font-mono text-sm leading-relaxed break-words text-muted"
              >
                {lines[line - 1]}
              </p>
            )}
          </li>
        ))}
      </ol>
      {problems.file.length > 0 && (
        <p lang="en" className="text-sm">
          {problems.file.join("; ")}
        </p>
      )}
    </div>
  );
}

/** Empty until the file is read, and if the browser does not know its encoding. */
function useLines(file: File | null, encoding: string | null): string[] {
  const [lines, setLines] = useState<string[]>([]);
  useEffect(() => {
    let isCurrent = true;
    setLines([]);
    file
      ?.arrayBuffer()
      .then(
        (bytes) =>
          isCurrent && setLines(linesOf(new TextDecoder(encoding ?? encodingOf(bytes)).decode(bytes))),
      )
      .catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [file, encoding]);
  return lines;
}

/** By the byte order mark; the server asks for any other encoding but UTF-8. */
function encodingOf(bytes: ArrayBuffer): string {
  const [first, second] = new Uint8Array(bytes.slice(0, 2));
  return first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
      ? "utf-16be"
      : "utf-8";
}
