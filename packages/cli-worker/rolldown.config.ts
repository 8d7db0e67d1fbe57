import { createRequire } from "node:module";
import { defineConfig } from "rolldown";

// Its types call the function a default export, which as CommonJS it is not.
const license: typeof import("rollup-plugin-license").default = createRequire(import.meta.url)("rollup-plugin-license");

/** One bundle of the command with all that it needs; its parts are loaded when a command needs them: start-up is what a user feels. */
export default defineConfig({
  input: { main: "src/main.ts" },
  platform: "node",
  // Used where it is installed: a copy of our own would not be the one that a tracing setup knows.
  external: ["@opentelemetry/api"],
  plugins: [license({ thirdParty: { output: "dist/command/LICENSES.txt" } })],
  output: {
    dir: "dist/command",
    format: "esm",
    cleanDir: true,
    sourcemap: false,
    minify: false,
    chunkFileNames: "[name]-[hash].js",
  },
});
