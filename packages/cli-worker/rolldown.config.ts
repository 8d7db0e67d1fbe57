import { defineConfig } from "rolldown";
import { asciiOnly } from "./ascii-only.ts";
import { BUILTINS_CHUNK, directBuiltins } from "./direct-builtins.ts";
import { thirdPartyLicenses } from "./third-party-licenses.ts";

/** The packages below the command, and what they stand on; but for the choice of tags. */
const ENGINE =
  /[\\/]packages[\\/](?:core|copy)[\\/]src[\\/](?!tags[\\/])|[\\/](?:undici|lru-cache|p-limit|yocto-queue)[\\/]/;

/** What is about mirror files and what they select stands on libraries that take as long to load as all else together (zod, yaml, semver): `copy` goes without. */
const MIRRORS = /[\\/]cli-worker[\\/]src[\\/](?:mirror|sync|commands[\\/]prune)[\\/]|[\\/]copy[\\/]src[\\/]tags[\\/]/;

/** Our own files but those that stand on a cloud's SDK: these are loaded when a host is that cloud's. */
const SHARED_SOURCES = /[\\/]cli-worker[\\/]src[\\/](?!registries[\\/]credentials[\\/]aws-identity\.ts)/;

/** What several commands need. */
const SHARED = { minShareCount: 3, includeDependenciesRecursively: false } as const;

/** `copy` of `commands/copy/run.ts`: what a file of the bundle is called that a command's work begins with. */
function commandOf(module: string | undefined | null): string | undefined {
  return /[\\/]commands[\\/]([^\\/]+)[\\/]run\.ts$/.exec(module ?? "")?.[1];
}

/** One bundle of the command with all that it needs; its parts are loaded when a command needs them: start-up is what a user feels. */
export default defineConfig({
  input: { main: "src/main.ts" },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  // Used where it is installed: a copy of our own would not be the one that a tracing setup knows.
  external: ["@opentelemetry/api"],
  plugins: [directBuiltins(), asciiOnly(), thirdPartyLicenses("LICENSES.txt")],
  output: {
    dir: "dist/command",
    format: "esm",
    cleanDir: true,
    sourcemap: false,
    minify: false,
    // What is read at each start is read by nobody.
    comments: false,
    // Each file costs a millisecond to load: what is needed together is one.
    codeSplitting: {
      groups: [
        { name: "start", tags: ["$initial"], priority: 3 },
        { ...BUILTINS_CHUNK, priority: 2 },
        { name: "engine", test: ENGINE, priority: 1 },
        { ...SHARED, name: "mirrors", test: MIRRORS, priority: 1 },
        { ...SHARED, name: "shared", test: SHARED_SOURCES },
      ],
    },
    chunkFileNames: ({ name, facadeModuleId }) => `${commandOf(facadeModuleId) ?? name}-[hash].js`,
  },
});
