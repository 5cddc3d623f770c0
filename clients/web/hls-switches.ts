import hlsPackage from "hls.js/package.json" with { type: "json" };

/**
 * hls.js is compiled from its own sources without what Nang's streams never need: that is 41 kB (gzip) less before the
 * first picture than its ready bundle, and the ready small one cannot play separate audio. These are the switches of
 * its own build (`hls.js/src`, look for `__USE_`); the packages it is built with stand in package.json.
 */
export const HLS_SWITCHES: Record<string, string> = {
  __VERSION__: JSON.stringify(hlsPackage.version),
  __USE_ALT_AUDIO__: "true",
  __USE_SUBTITLES__: "true",
  __USE_MEDIA_CAPABILITIES__: "true",
  __USE_M2TS_ADVANCED_CODECS__: "false",
  __USE_CMCD__: "false",
  __USE_CONTENT_STEERING__: "false",
  __USE_EME_DRM__: "false",
  __USE_IFRAMES__: "false",
  __USE_INTERSTITIALS__: "false",
  __USE_VARIABLE_SUBSTITUTION__: "false",
  __IN_WORKER__: "false",
  __HLS_WORKER_BUNDLE__: "undefined",
};
