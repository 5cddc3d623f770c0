/** Takes files that are dropped anywhere on an editors' page, and shows how far this page's uploads are. */
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useEditorLanguage } from "../../i18n/editor";
import { percentOf } from "../../lib/format";
import { UploadIcon } from "../../ui/icons";
import { Meter } from "../../ui/meter";
import { useUploads } from "../upload/uploads";
import { droppedFiles } from "./dropped-files";
import { PlanDialog } from "./plan-dialog";
import { useSubtitleQueue } from "./subtitle-queue";

export function UploadDock() {
  const { t } = useEditorLanguage();
  const { isOver, files, clear } = useDroppedFiles();
  // Subtitles that wait for their films are sent from every page.
  useSubtitleQueue();
  return (
    <>
      {isOver && (
        <div className="pointer-events-none fixed inset-3 z-50 grid place-items-center rounded-3xl border-4 border-dashed border-lamp bg-night/85 p-6 text-center text-xl font-semibold">
          <span>
            <UploadIcon className="mx-auto mb-3 size-12 text-accent" />
            {t.uploads.dropAnywhere}
          </span>
        </div>
      )}
      {files.length > 0 && <PlanDialog files={files} onClose={clear} />}
      <RunningUploads />
    </>
  );
}

/** Files that no part of the page has taken. */
function useDroppedFiles() {
  const [isOver, setOver] = useState(false);
  const [files, setFiles] = useState<readonly File[]>([]);
  useEffect(() => {
    const hasFiles = (event: DragEvent) =>
      !event.defaultPrevented && (event.dataTransfer?.types.includes("Files") ?? false);
    const over = (event: DragEvent) => {
      const takes = hasFiles(event);
      setOver(takes);
      if (takes) {
        event.preventDefault();
      }
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) {
        setOver(false);
      }
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (hasFiles(event) && event.dataTransfer) {
        event.preventDefault();
        void droppedFiles(event.dataTransfer).then(setFiles, () => undefined);
      }
    };
    globalThis.addEventListener("dragover", over);
    globalThis.addEventListener("dragleave", leave);
    globalThis.addEventListener("drop", drop);
    return () => {
      globalThis.removeEventListener("dragover", over);
      globalThis.removeEventListener("dragleave", leave);
      globalThis.removeEventListener("drop", drop);
    };
  }, []);
  return { isOver, files, clear: () => setFiles([]) };
}

function RunningUploads() {
  const { t } = useEditorLanguage();
  const isOnItsPage = useLocation({ select: ({ pathname }) => pathname === "/admin/uploads" });
  const active = [...useUploads().values()].filter(({ phase }) => phase !== "done");
  if (active.length === 0 || isOnItsPage) {
    return null;
  }
  const total = active.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sent = active.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  const isStuck = active.some(({ phase }) => phase === "failed");
  return (
    <Link
      to="/admin/uploads"
      className="fixed right-3 bottom-3 z-30 w-64 space-y-2 rounded-2xl border border-line bg-panel p-4 shadow-xl hover:bg-raised"
    >
      <span className="flex justify-between gap-3 text-sm">
        <span className={isStuck ? "text-ember" : ""}>{t.uploads.running(active.length)}</span>
        <span className="tabular-nums">{percentOf(sent, total)} %</span>
      </span>
      <Meter label={t.uploads.all} done={sent} total={total} />
    </Link>
  );
}
