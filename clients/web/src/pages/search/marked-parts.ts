interface Part {
  /** Position in the text. */
  at: number;
  part: string;
  isMarked: boolean;
}

/** Cuts a text where a searched word begins and ends, without regard to capitals. */
export function partsOf(text: string, searched: string): Part[] {
  const words = searched.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return [{ at: 0, part: text, isMarked: false }];
  }
  const pattern = [...words]
    .sort((one, other) => other.length - one.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("|");
  let at = 0;
  return text.split(new RegExp(`(${pattern})`, "iu")).flatMap((part, index) => {
    const start = at;
    at += part.length;
    return part === "" ? [] : [{ at: start, part, isMarked: index % 2 === 1 }];
  });
}
