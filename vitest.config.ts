import { defineConfig } from "vitest/config";

const report = process.env["TRANSHIP_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    // Real sockets on shared, slow machines: a test waits for what it asserts, never for a clock.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: "forks",
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
