import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { HLS_SWITCHES } from "./hls-switches.ts";

// The server's Content-Security-Policy forbids inline code and data: URLs, so the build must not inline anything.
export default defineConfig({
  plugins: [react(), tailwindcss()],
  define: HLS_SWITCHES,
  resolve: {
    alias: [
      { find: /^hls\.js$/, replacement: new URL("node_modules/hls.js/src/hls.ts", import.meta.url).pathname },
    ],
  },
  build: {
    target: ["chrome107", "safari16", "firefox104"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/api": "http://127.0.0.1:8080", "/v": "http://127.0.0.1:8080" },
  },
});
