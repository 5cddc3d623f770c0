/** Gives hls.js the segments that were fetched before it asked (`stream-warm-up`); all others it fetches as always. */
import type Hls from "hls.js";
import type { FragmentLoaderConstructor, LoaderCallbacks, LoaderConfiguration, LoaderContext } from "hls.js";
import type { EarlySegment, StreamWarmUp } from "./stream-warm-up";

export function earlySegmentLoader(HlsPlayer: typeof Hls, warmUp: StreamWarmUp): FragmentLoaderConstructor {
  class EarlySegmentLoader extends HlsPlayer.DefaultConfig.loader {
    /** Aborted or destroyed: hls.js no longer wants the segment. */
    #isUnwanted = false;

    override load(
      context: LoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<LoaderContext>,
    ): void {
      const early = warmUp.take(context.url);
      const isWhole = !context.rangeEnd; // hls.js writes 0 for "to the end"
      if (!early || !isWhole) {
        super.load(context, config, callbacks);
        return;
      }
      this.context = context;
      this.stats.loading.start = early.startedAt;
      void this.#deliver(early, config.loadPolicy.maxTimeToFirstByteMs).then((data) => {
        if (this.#isUnwanted) {
          return;
        }
        if (data === null) {
          super.load(context, config, callbacks);
          return;
        }
        const { stats } = this;
        stats.loading.first = early.respondedAt;
        stats.loading.end = performance.now();
        stats.loaded = data.byteLength;
        stats.total = data.byteLength;
        callbacks.onSuccess({ url: context.url, data, code: 200 }, stats, context, null);
      });
    }

    override abort(): void {
      this.#isUnwanted = true;
      super.abort();
    }

    override destroy(): void {
      this.#isUnwanted = true;
      super.destroy();
    }

    /** Null if it failed, or if the server has not begun to answer in this time: hls.js then retries by its own rules. */
    #deliver(early: EarlySegment, patienceMs: number): Promise<ArrayBuffer | null> {
      return new Promise((resolve) => {
        const timer = setTimeout(() => early.respondedAt === 0 && resolve(null), patienceMs);
        early.bytes.then(resolve, () => resolve(null)).finally(() => clearTimeout(timer));
      });
    }
  }
  // hls.js declares its own default loader for requests of all kinds, and this one for segments alone.
  return EarlySegmentLoader as unknown as FragmentLoaderConstructor;
}
