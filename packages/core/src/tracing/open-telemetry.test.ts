import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** What a Node without `@opentelemetry/api` does: its name is unknown, and each time that it is looked for is said. */
const WITHOUT_IT = `
import { registerHooks } from "node:module";
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== "@opentelemetry/api") return next(specifier, context);
    console.log("looked for");
    return next("@opentelemetry/not-installed", context);
  },
});`;

const TWO_PINGS = `
import { Registry } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
await using registry = new Registry({ host: process.argv[1], plainHttp: true });
await registry.ping();
await registry.ping();
console.log("done");`;

/** What a tracing setup leaves behind. */
const SET_UP = 'globalThis[Symbol.for("opentelemetry.js.api.1")] = {};';

describe("openTelemetry()", () => {
  it("is looked for once where tracing is set up, and nothing breaks where it is not installed", async () => {
    expect(await pingTwice(`${SET_UP}${WITHOUT_IT}`)).toEqual(["looked for", "done"]);
  });

  it("is not looked for where no tracing is set up", async () => {
    expect(await pingTwice(WITHOUT_IT)).toEqual(["done"]);
  });
});

/** What a process says that asks a registry twice, after this program has run in it. */
async function pingTwice(before: string): Promise<readonly string[]> {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  try {
    const imported = `data:text/javascript,${encodeURIComponent(before)}`;
    const options = ["--import", imported, "--input-type=module", "-e", TWO_PINGS, host];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    expect(asked).toBe(2);
    return stdout.trim().split("\n");
  } finally {
    server.close();
  }
}
