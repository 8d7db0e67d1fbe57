// A server in a process of its own, which a test can kill: `node serve-program.ts DIR`.
import { serve } from "../../packages/cli-worker/src/serve/serve.ts";

const [dir] = process.argv.slice(2);
if (dir === undefined) throw new TypeError("Expected: serve-program.ts DIR");
const server = await serve({ dir, writable: true });
process.stdout.write(`${server.url}\n`);
