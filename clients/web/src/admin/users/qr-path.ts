import encodeQr from "qr";

/** The light margin that the standard asks for, in modules (ISO/IEC 18004 §7.3.1). */
const MARGIN = 4;

/** The dark modules of a QR code as a path, in a square of `size` modules with the margin. */
export function qrPath(text: string): { size: number; path: string } {
  const rows: boolean[][] = encodeQr(text, "raw", { ecc: "medium", border: MARGIN });
  const path = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { size: rows.length, path: path.join("") };
}
