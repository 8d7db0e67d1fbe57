import { defineConfig } from "vitest/config";

const report = process.env["TRANSHIP_TEST_REPORT"];

/** Tests of one project: `quick` is what `pnpm test` runs, `long` is what `.ci/run` runs beside it. */
const shared = {
  // Tests use real sockets on shared, slow machines: they wait for what they assert, not for a clock.
  testTimeout: 120_000,
  hookTimeout: 300_000,
  pool: "forks" as const,
};
const LONG = ["test/**/*.long.test.ts"];

export default defineConfig({
  test: {
    // vitest leaves one core free by default, which is half of a small machine.
    maxWorkers: "100%",
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    projects: [
      {
        test: {
          ...shared,
          name: "quick",
          include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: LONG,
        },
      },
      { test: { ...shared, name: "long", include: LONG } },
    ],
  },
});
