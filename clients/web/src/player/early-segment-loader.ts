/** Gives hls.js the segments that were fetched before it asked (`stream-warm-up`); all others it fetches as always. */
import type Hls from "hls.js";
import type { FragmentLoaderConstructor, LoaderCallbacks, LoaderConfiguration, LoaderContext } from "hls.js";
import { isTransient } from "./hls-settings";
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
      const { stats } = this;
      this.context = context;
      stats.loading.start = early.startedAt;
      void this.#answer(early, config.loadPolicy.maxTimeToFirstByteMs).then((answer) => {
        if (this.#isUnwanted) {
          return;
        }
        if (answer === null || isTransient(answer.status)) {
          stats.loading.start = 0; // hls.js refuses a loader that has begun.
          super.load(context, config, callbacks);
          return;
        }
        const { status, data } = answer;
        stats.loading.first = early.respondedAt;
        stats.loading.end = performance.now();
        if (status !== 200) {
          callbacks.onError({ code: status, text: "" }, context, null, stats);
          return;
        }
        stats.loaded = data.byteLength;
        stats.total = data.byteLength;
        callbacks.onSuccess({ url: context.url, data, code: status }, stats, context, null);
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

    /** Null without a connection, or if the server has not begun to answer in this time. */
    #answer(early: EarlySegment, patienceMs: number): Promise<Awaited<EarlySegment["response"]> | null> {
      return new Promise((resolve) => {
        const timer = setTimeout(() => early.respondedAt === 0 && resolve(null), patienceMs);
        early.response.then(resolve, () => resolve(null)).finally(() => clearTimeout(timer));
      });
    }
  }
  // hls.js declares its own default loader for requests of all kinds, and this one for segments alone.
  return EarlySegmentLoader as unknown as FragmentLoaderConstructor;
}
