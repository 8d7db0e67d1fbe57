import { isBuiltin } from "node:module";
import type { Plugin } from "rolldown";

const DIRECT = "\0builtin:";

/** What stands for CommonJS in the bundle imports it. */
const NEEDED_BY_THE_BUNDLE = "node:module";

/** The chunk of all that this plugin makes, for `codeSplitting.groups`. */
export const BUILTINS_CHUNK = { name: "node", test: /^\0builtin:/ } as const;

/**
 * Node's own modules by `process.getBuiltinModule`. To import one as an ES module reads each of its exports, and some of those load what nobody asked for:
 * `node:http` has WebSocket, which loads a whole HTTP client and takes longer than Node itself takes to start.
 */
export function directBuiltins(): Plugin {
  return {
    name: "direct-builtins",
    resolveId(source) {
      const name = source.replace(/^(?:node:)?/, "node:");
      return isBuiltin(source) && name !== NEEDED_BY_THE_BUNDLE ? `${DIRECT}${name}` : null;
    },
    load(id) {
      if (!id.startsWith(DIRECT)) return null;
      return `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice(DIRECT.length))});`;
    },
  };
}
