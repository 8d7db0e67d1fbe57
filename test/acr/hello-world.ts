import type { AcrFake } from "./acr-fake.ts";
import { acrRequest } from "./acr-request.ts";
import { pushImage, type SampleImage, textImage } from "./push-image.ts";

/** The repository that the samples of Azure's client work on. */
export const HELLO = "library/hello-world";
export const V1: SampleImage = textImage("hello, v1");
export const V2: SampleImage = textImage("hello, v2");
export const V3: SampleImage = textImage("hello, v3");

/** Pushes three images; the newest has two tags. */
export async function pushHello(fake: AcrFake): Promise<void> {
  await pushImage(fake, HELLO, V1, ["v1"]);
  await pushImage(fake, HELLO, V2, ["v2"]);
  await pushImage(fake, HELLO, V3, ["v3", "latest"]);
}

/** Keeps a manifest from being changed and deleted. */
export async function lockManifest(fake: AcrFake, repository: string, digest: string): Promise<void> {
  const url = `/acr/v1/${repository}/_manifests/${digest}`;
  const body = JSON.stringify({ deleteEnabled: false, writeEnabled: false });
  const { status } = await acrRequest(fake, url, { method: "PATCH", body });
  if (status !== 200) throw new Error(`Cannot lock "${digest}" (${status})`);
}
