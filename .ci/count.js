import { readFileSync } from "node:fs";
import process from "node:process";

/**
 * Prints `N passed, N failed`, alone on its line, and exits non-zero where anything failed.
 * Arguments: vitest's JSON report, the exit status of the test command, the number of other checks that failed.
 */
const [path = "", status = "1", broken = "0"] = process.argv.slice(2);
const { passed, failed } = countTests(path);
// vitest may fail with every test passed: an error that no test handled.
const unexplained = status !== "0" && failed === 0 ? 1 : 0;
const total = failed + unexplained + Number(broken);
console.log(`${passed} passed, ${total} failed`);
process.exitCode = total === 0 ? 0 : Number(status) || 1;

function countTests(path) {
  let files;
  try {
    files = JSON.parse(readFileSync(path, "utf8")).testResults;
  } catch (error) {
    console.log(`no report of the tests: ${error.message}`);
    return { passed: 0, failed: 0 };
  }
  const counts = files.map(({ status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === "failed").length;
    const passed = assertionResults.filter((test) => test.status === "passed").length;
    // A file that did not load, or whose hooks failed, has no failed test.
    return { passed, failed: status === "failed" ? Math.max(1, failed) : failed };
  });
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  return { passed: sum("passed"), failed: sum("failed") };
}
