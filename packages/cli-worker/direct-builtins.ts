import { isBuiltin } from "node:module";
import type { Plugin } from "rolldown";

const DIRECT = "\0builtin:";
/** In the place of the one of `fs/promises`. */
const SLASH = "-";

/** What stands for CommonJS in the bundle imports it. */
const NEEDED_BY_THE_BUNDLE = "node:module";

/** The chunk of all that this plugin makes, for `codeSplitting.groups`. */
export const BUILTINS_CHUNK = { name: "node", test: /^\0builtin:/ } as const;

/** What takes long to load and is seldom needed: for these files its functions load it when they are called. */
const LATE: Readonly<Record<string, RegExp>> = {
  // commander could start programs, and ours starts credential helpers.
  "node:child_process": /[\\/](?:commander[\\/]lib|core[\\/]src)[\\/]/,
};
const LATE_MARK = ".late";

/** What rolldown gives an ES module for a CommonJS one: a copy of all its properties. `require__builtin_` is made of `DIRECT`. */
const COPIED = /__toESM\((require__builtin_\w+(?:\$\d+)?\(\)), 1\)/g;

/**
 * Node's own modules by `process.getBuiltinModule`. To import one as an ES module reads each of its exports, and some of those load what nobody asked for:
 * `node:http` has WebSocket, which loads a whole HTTP client and takes longer than Node itself takes to start. So does a copy of its properties.
 */
export function directBuiltins(): Plugin {
  return {
    name: "direct-builtins",
    resolveId(source, importer = "") {
      const name = source.replace(/^(?:node:)?/, "node:");
      if (!isBuiltin(source) || name === NEEDED_BY_THE_BUNDLE) return null;
      // A variable is named by the last part of the path.
      return `${DIRECT}${name.replace("/", SLASH)}${LATE[name]?.test(importer) ? LATE_MARK : ""}`;
    },
    load(id) {
      if (!id.startsWith(DIRECT)) return null;
      const name = id.slice(DIRECT.length).replace(SLASH, "/");
      return name.endsWith(LATE_MARK) ? late(name.slice(0, -LATE_MARK.length)) : `module.exports = ${builtin(name)};`;
    },
    renderChunk: (code) => code.replaceAll(COPIED, "Object.create($1, { default: { value: $1 } })"),
  };
}

function builtin(name: string): string {
  return `process.getBuiltinModule(${JSON.stringify(name)})`;
}

/** Every export as a getter, so that a class, a constant and what hangs on a function stay what they are. */
function late(name: string): string {
  const keys = Object.keys(process.getBuiltinModule(name) ?? {});
  const getters = keys.map((key) => `get ${key}() { return ${builtin(name)}.${key}; }`);
  return `module.exports = { ${getters.join(", ")} };`;
}
