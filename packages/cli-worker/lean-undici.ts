import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "rolldown";

/** What core imports from undici, and where it is there. */
const USED = {
  Agent: "lib/dispatcher/agent.js",
  Client: "lib/dispatcher/client.js",
  Pool: "lib/dispatcher/pool.js",
  ProxyAgent: "lib/dispatcher/proxy-agent.js",
} as const;

/** Parts of undici that are for what core rules out: SOCKS, and bodies that are forms or blobs. */
const UNUSED =
  /[\\/]undici[\\/]lib[\\/](?:dispatcher[\\/]socks5-proxy-agent|web[\\/](?:fetch[\\/](?:body|formdata)|webidl[\\/]index))\.js$/;

/** What stands for them; the forms' modules are loaded only where they are called. */
const REFUSAL = `
function refuse() { throw new Error("This part of undici is not in the bundle"); }
module.exports = Object.assign(refuse, { extractBody: refuse });`;

/** HTTP/2, for the few hosts that speak nothing else: loaded, with Node's module of it, when the first of them is asked. */
const HTTP2 = /[\\/]undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/;

/** Marks the path of what is loaded late. */
const LATE = "?late";

/** undici's second parser, which its environment variable would choose: 190 kB that are read at each start. */
const OTHER_PARSER = /[\\/]undici[\\/]lib[\\/]dispatcher[\\/]parser-h1\.js$/;

const LEAN = "\0lean-undici";

/**
 * undici without fetch, WebSocket, caches and mocks: its root loads them all, which takes longer than Node itself takes to start.
 * A name that core imports and that is not in `USED` fails the build.
 */
export function leanUndici(): Plugin {
  const core = createRequire(new URL("../core/package.json", import.meta.url));
  const root = dirname(core.resolve("undici"));
  return {
    name: "lean-undici",
    resolveId: (source) => (source === "undici" ? LEAN : source.endsWith(LATE) ? source : null),
    load(id) {
      if (id === LEAN) {
        const lines = Object.entries(USED).map(
          ([name, path]) => `export { default as ${name} } from ${JSON.stringify(join(root, path))};`,
        );
        return lines.join("\n");
      }
      if (UNUSED.test(id)) return REFUSAL;
      if (HTTP2.test(id)) return `module.exports = (...args) => require(${JSON.stringify(`${id}${LATE}`)})(...args);`;
      if (id.endsWith(LATE)) return readFile(id.slice(0, -LATE.length), "utf8");
      if (OTHER_PARSER.test(id)) return "module.exports = { getMiloEnabled: () => false };";
      return null;
    },
  };
}
