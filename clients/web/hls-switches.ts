import hlsPackage from "hls.js/package.json" with { type: "json" };

/**
 * hls.js is compiled from its sources without the features that Nang's streams do not use. That saves 41 kB (gzip) before
 * the first frame compared with its full bundle; its light bundle cannot play separate audio renditions. These are the
 * switches of its build (search `hls.js/src` for `__USE_`); package.json lists the packages that its build needs.
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
