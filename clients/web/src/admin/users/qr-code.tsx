/** A link as a QR code, to scan with a phone. Always dark on white, as scanners expect. */
import { qrPath } from "./qr-path";

export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = qrPath(text);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="mx-auto w-56 max-w-full rounded-xl bg-white"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}
