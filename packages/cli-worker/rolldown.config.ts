import { defineConfig } from "rolldown";

/** One bundle of the command, its parts loaded when a command needs them: start-up is what a user feels. */
export default defineConfig({
  input: { main: "src/main.ts" },
  platform: "node",
  output: { dir: "dist/command", format: "esm", cleanDir: true, sourcemap: false, minify: false },
});
