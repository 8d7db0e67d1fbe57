import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { expect, it } from "vitest";

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

it("openTelemetry() is looked for once, and nothing breaks where it is not installed", async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  try {
    const imported = `data:text/javascript,${encodeURIComponent(WITHOUT_IT)}`;
    const options = ["--import", imported, "--input-type=module", "-e", TWO_PINGS, host];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    expect(stdout.trim().split("\n")).toEqual(["looked for", "done"]);
    expect(asked).toBe(2);
  } finally {
    server.close();
  }
});
