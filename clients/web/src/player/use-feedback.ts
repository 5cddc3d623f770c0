/** A short text about what a key or a gesture did. It goes by itself. */
import { useCallback, useEffect, useRef, useState } from "react";

const FEEDBACK_MS = 1_200;

export function useFeedback(): [string | null, (text: string | null) => void] {
  const [text, setText] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const show = useCallback((next: string | null) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setText(null), FEEDBACK_MS);
  }, []);
  return [text, show];
}
