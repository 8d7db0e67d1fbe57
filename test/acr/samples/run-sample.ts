import { runPeer } from "../../peers/run-peer.ts";
import type { AcrFake } from "../acr-fake.ts";
import type { Sample } from "./samples.ts";

/** A client that has a program for every sample. */
export interface SampleClient {
  readonly name: string;
  /** The program of a sample and its arguments. It reads `AcrFake.environment` and prints one JSON value. */
  command(sample: string): readonly [string, ...string[]];
}

/** Runs a client's program of a sample on a prepared registry, and gives what it printed. @throws {Error} with its stderr where it fails. */
export async function runSample(client: SampleClient, sample: Sample, fake: AcrFake): Promise<unknown> {
  const [program, ...args] = client.command(sample.name);
  const output = await runPeer(program, args, { env: fake.environment });
  return JSON.parse(output.toString());
}
