/** How long to wait before trying again, by how often it failed already: quickly at first, never slower than 30 s. */
export function retryDelayMs(failures: number): number {
  return Math.min(30_000, 1_000 * 2 ** Math.min(failures, 10));
}
