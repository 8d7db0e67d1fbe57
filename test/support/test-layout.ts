import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Descriptor, digestOf, type LayoutStore, OCI_CONFIG, OCI_MANIFEST, openLayout } from "@tranship/core";
import { openBytes } from "./sample-image.ts";

/** A new layout, in a folder of its own that goes with it. */
export class TestLayout implements AsyncDisposable {
  /** The folder in which the layout's is, and nothing else. */
  readonly parent: string;
  readonly dir: string;
  readonly store: LayoutStore;

  private constructor(parent: string, dir: string, store: LayoutStore) {
    this.parent = parent;
    this.dir = dir;
    this.store = store;
  }

  static async create(): Promise<TestLayout> {
    const parent = await mkdtemp(join(tmpdir(), "tranship-layout-"));
    const dir = join(parent, "layout");
    return new TestLayout(parent, dir, await openLayout(dir, { create: true }));
  }

  /** Pushes a text as content of any type. */
  async push(text: string, mediaType = "text/plain", reference?: string): Promise<Descriptor> {
    const bytes = Buffer.from(text);
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await this.store.push(descriptor, openBytes(bytes), { reference });
    return descriptor;
  }

  /** Pushes an image that has a config and no layers. */
  async pushImage(name: string, reference?: string, subject?: Descriptor): Promise<Descriptor> {
    const config = await this.push(`{"name":"${name}"}`, OCI_CONFIG);
    const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [], subject };
    return this.push(JSON.stringify(manifest), OCI_MANIFEST, reference);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.parent, { recursive: true });
  }
}
