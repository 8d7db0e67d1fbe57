import { serve } from "tranship";
import { startDistribution } from "../test/peers/distribution.ts";
import { findPeer } from "../test/peers/find-peer.ts";
import { temporaryFolder } from "../test/support/temporary-folder.ts";

/** Two empty registries on the loopback address: distribution 3.1 where it is, else our own. */
export interface Registries extends AsyncDisposable {
  readonly kind: string;
  /** `127.0.0.1:PORT` */
  readonly source: string;
  readonly target: string;
}

export async function startRegistries(): Promise<Registries> {
  await using stack = new AsyncDisposableStack();
  const distribution = findPeer("registry");
  const start = () => (distribution === undefined ? startServe(stack) : startPeer(stack, distribution));
  const [source, target] = [await start(), await start()];
  const kept = stack.move();
  const kind = distribution === undefined ? "tranship serve" : "distribution 3.1";
  return { kind, source, target, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function startPeer(stack: AsyncDisposableStack, path: string): Promise<string> {
  return stack.use(await startDistribution(path)).host;
}

async function startServe(stack: AsyncDisposableStack): Promise<string> {
  const folder = stack.use(await temporaryFolder("tranship-figures-"));
  const server = await serve({ dir: folder.path, writable: true });
  stack.defer(() => server.close({ graceMs: 0 }));
  return server.address;
}
