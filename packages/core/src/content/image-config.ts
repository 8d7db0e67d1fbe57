/** What an image's config says of how it runs; what it doesn't say, or says in another form than the spec's, is left out. Spec: image-spec v1.1.1, "Image Configuration". */
export interface ImageConfig {
  readonly platform: string | undefined;
  readonly created: string | undefined;
  readonly user: string | undefined;
  readonly workingDir: string | undefined;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: readonly (readonly [name: string, value: string])[];
}

/** Reads a config leniently: it is shown to a reader, nothing depends on it. */
export function readImageConfig(document: unknown): ImageConfig {
  const top = record(document);
  const config = record(top["config"]);
  const [os, architecture, variant] = [text(top["os"]), text(top["architecture"]), text(top["variant"])];
  return {
    platform: text([os, architecture, variant].filter((part) => part !== undefined).join("/")),
    created: text(top["created"]),
    user: text(config["User"]),
    workingDir: text(config["WorkingDir"]),
    entrypoint: texts(config["Entrypoint"]),
    cmd: texts(config["Cmd"]),
    env: texts(config["Env"]),
    ports: Object.keys(record(config["ExposedPorts"])),
    volumes: Object.keys(record(config["Volumes"])),
    labels: Object.entries(record(config["Labels"])).map(([name, value]) => [name, String(value)]),
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
