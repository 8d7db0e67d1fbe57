import { createCipheriv } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import {
  type Descriptor,
  digestOf,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
  type Platform,
  type Target,
} from "@tranship/core";
import { packTar, type TarEntry } from "./pack-tar.ts";

const BASE_FILE_BYTES = 6 * 1000 * 1000;
const APP_FILE_BYTES = 900 * 1000;

/**
 * Makes an image for two platforms and pushes it under a tag: one layer that both share, one of each platform's own, valid configs and an index.
 * The bytes are the same each time.
 */
export async function pushSampleImage(target: Target, tag: string, signal: AbortSignal): Promise<Descriptor> {
  const push = async (mediaType: string, bytes: Uint8Array, reference?: string): Promise<Descriptor> => {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await target.push(descriptor, async (offset) => once(bytes.subarray(offset)), { signal, reference });
    return descriptor;
  };
  const base = await packLayer([
    ...["etc/", "usr/", "usr/share/"].map((path) => ({ path })),
    { path: "etc/os-release", content: text('NAME="tranship demo"\nID=tranship-demo\n') },
    { path: "usr/share/cargo.bin", content: cargo("base", BASE_FILE_BYTES) },
  ]);
  const baseLayer = await push(OCI_LAYER_GZIP, base.bytes);
  const manifests: Descriptor[] = [];
  for (const platform of [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64", variant: "v8" },
  ]) {
    const app = await packLayer([
      { path: "app/" },
      { path: "app/run", mode: 0o755, content: text(`#!/bin/sh\necho "hello from ${platform.architecture}"\n`) },
      { path: "app/data.bin", content: cargo(platform.architecture, APP_FILE_BYTES) },
    ]);
    const config = json(imageConfig(platform, [base.diffId, app.diffId]));
    const manifest = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: await push(OCI_CONFIG, config),
      layers: [baseLayer, await push(OCI_LAYER_GZIP, app.bytes)],
    };
    manifests.push({ ...(await push(OCI_MANIFEST, json(manifest))), platform });
  }
  return push(OCI_INDEX, json({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }), tag);
}

/** Spec: image-spec v1.1.1, "Image Configuration". */
function imageConfig(platform: Platform, diffIds: readonly string[]): unknown {
  return {
    created: "2026-01-01T00:00:00Z",
    ...platform,
    config: { Cmd: ["/app/run"], WorkingDir: "/app", Labels: { "org.opencontainers.image.title": "tranship demo" } },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map((_, index) => ({
      created: "2026-01-01T00:00:00Z",
      created_by: index === 0 ? "base" : "app",
    })),
  };
}

async function packLayer(
  entries: readonly TarEntry[],
): Promise<{ readonly bytes: Uint8Array; readonly diffId: string }> {
  const archive = packTar(entries);
  // What is in it hardly shrinks: the fastest level loses nothing.
  return { bytes: await promisify(gzip)(archive, { level: 1 }), diffId: digestOf(archive) };
}

/** Bytes that look random and are the same each time: a key stream. */
function cargo(name: string, size: number): Uint8Array {
  const key = Buffer.from(digestOf(text(name)).slice("sha256:".length), "hex");
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

function json(document: unknown): Uint8Array {
  return text(JSON.stringify(document));
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
