import { defineConfig } from "rolldown";
import license from "rollup-plugin-license";

/** One bundle of the command with all that it needs; its parts are loaded when a command needs them: start-up is what a user feels. */
export default defineConfig({
  input: { main: "src/main.ts" },
  platform: "node",
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
