import { readFileSync } from "node:fs";
import process from "node:process";

/**
 * Prints `N passed, N failed`, alone on its line, and exits non-zero if anything failed.
 * Arguments: the number of other checks that failed, then for each test command the path of vitest's
 * JSON report and the exit status.
 */
const [broken = "0", ...runs] = process.argv.slice(2);
let passed = 0;
let failed = Number(broken);
for (let at = 0; at < runs.length; at += 2) {
  const counted = countTests(runs[at]);
  // vitest can fail with every test passed: an error that no test handled.
  const unexplained = runs[at + 1] !== "0" && counted.failed === 0 ? 1 : 0;
  passed += counted.passed;
  failed += counted.failed + unexplained;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function countTests(path) {
  let files;
  try {
    files = JSON.parse(readFileSync(path, "utf8")).testResults;
  } catch (error) {
    console.log(`no report of the tests: ${error.message}`);
    return { passed: 0, failed: 1 };
  }
  const counts = files.map(({ status, assertionResults }) => {
    const failedTests = assertionResults.filter((test) => test.status === "failed").length;
    const passedTests = assertionResults.filter((test) => test.status === "passed").length;
    // A file that did not load, or whose hooks failed, has no failed test.
    return { passed: passedTests, failed: status === "failed" ? Math.max(1, failedTests) : failedTests };
  });
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  return { passed: sum("passed"), failed: sum("failed") };
}
