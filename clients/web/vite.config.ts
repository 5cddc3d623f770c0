import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { shellPlugin } from "./shell-plugin.ts";

const SERVER = process.env.NANG_SERVER ?? "http://127.0.0.1:8080";

// The server's Content-Security-Policy forbids inline code and data: URLs, so the build must not inline anything.
export default defineConfig({
  plugins: [react(), tailwindcss(), shellPlugin()],
  build: {
    target: ["chrome107", "safari16", "firefox104"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // Few files for the first page, because each request costs a round trip; and libraries apart from our code, because a new
        // version of Nang changes them less often. Pages stay files of their own.
        codeSplitting: {
          groups: [
            { name: "libraries", test: /node_modules\/(react|react-dom|scheduler|@tanstack)\// },
            {
              name: "site",
              test: /web\/src\/(ui\/(?!dialog)|catalogue|lib|site|session|i18n\/(countries|en|lo|viewer|language|names|script|problems))/,
            },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/api": SERVER, "/v": SERVER },
  },
});
