import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Descriptor, digestOf, OCI_CONFIG, OCI_MANIFEST, Registry } from "@tranship/core";
import { type CommandRun, runCommand, startCommand } from "../cli/run-command.ts";
import { serveFolder } from "../serve/folder-server.ts";
import type { BigBlob } from "../support/big-blob.ts";
import { countingProxy } from "../support/counting-proxy.ts";

/** A copy that was ended in the middle of its blob and started again. Bytes are those of connections, heads and probes included. */
export interface InterruptedCopy {
  /** The exit code of the first process; undefined where a signal ended it. */
  readonly ended: CommandRun["code"];
  readonly again: CommandRun;
  /** What came from the source because of the second process; what was in the system's buffers when the first one ended was lost there. */
  readonly fetchedAgain: number;
  /** All that went to the target from both processes, less the blob. */
  readonly sentTwice: number;
  /** What `tranship state` says between the two, and after the second. */
  readonly states: readonly [string, string];
}

export interface InterruptedCopyOptions {
  readonly blob: BigBlob;
  /** `host:port` of the target. */
  readonly target: string;
  readonly signal: NodeJS.Signals;
  /** Bytes that have gone to the target by then. */
  readonly after: number;
  /** More of the command. */
  readonly flags?: readonly string[];
}

/** Copies an image with one layer from `tranship serve` to a registry, by the built command, and ends it in the middle. */
export async function interruptedCopy(options: InterruptedCopyOptions): Promise<InterruptedCopy> {
  const { blob, signal, after, flags = [] } = options;
  await using home = await mkdtempDisposable(join(tmpdir(), "tranship-resume-"));
  await using server = await serveFolder();
  const { host } = new URL(server.url);
  await seedImage(host, blob);
  await using source = await countingProxy(host);
  await using target = await countingProxy(options.target);
  const args = ["copy", "--json", ...flags, `${source.host}/app:v1`, `${target.host}/app:v1`];
  const reached = target.reached("sent", after);
  const first = startCommand(args, { home: home.path });
  await Promise.race([reached, first.ended]);
  first.process.kill(signal);
  const { code: ended } = await first.ended;
  const state = async (): Promise<string> => (await runCommand(["state"], { home: home.path })).stdout;
  const before = await state();
  const { received } = { ...source.passed };
  const again = await runCommand(args, { home: home.path });
  const fetchedAgain = source.passed.received - received;
  const sentTwice = target.passed.sent - blob.descriptor.size;
  return { ended, again, fetchedAgain, sentTwice, states: [before, await state()] };
}

async function seedImage(host: string, blob: BigBlob): Promise<void> {
  await using registry = new Registry({ host, plainHttp: true });
  const repository = registry.repository("app");
  const config = Buffer.from('{"os":"linux","architecture":"amd64"}');
  const configDescriptor = describe(OCI_CONFIG, config);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: configDescriptor,
      layers: [blob.descriptor],
    }),
  );
  await repository.push(blob.descriptor, async (offset) => blob.from(offset));
  await repository.push(configDescriptor, async () => once(config));
  await repository.push(describe(OCI_MANIFEST, manifest), async () => once(manifest), { reference: "v1" });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
