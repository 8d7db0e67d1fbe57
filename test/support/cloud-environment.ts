import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";

/** What the libraries of clouds read: each of their variables, and a home that is empty. */
const CLOUD_VARIABLE =
  /^(?:AWS|AZURE|GOOGLE|GCLOUD|GCE|CLOUDSDK|METADATA|MSI|IDENTITY|TRANSHIP|DOCKER|REGISTRY|CI|GITHUB|GH|XDG)_|^APPDATA$/i;
/** Metadata services where none is: nothing of a test leaves loopback. */
const NOWHERE = {
  AWS_EC2_METADATA_DISABLED: "true",
  METADATA_SERVER_DETECTION: "none",
  AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential",
};

/** Gives the process an environment with these variables, and nothing of the machine's own clouds, until the test ends. Gives its home. */
export function cloudEnvironment(variables: Readonly<Record<string, string | undefined>> = {}): string {
  const home = mkdtempSync(join(tmpdir(), "tranship-clouds-"));
  for (const name of Object.keys(process.env)) if (CLOUD_VARIABLE.test(name)) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries({ ...NOWHERE, HOME: home, XDG_RUNTIME_DIR: home, ...variables })) {
    vi.stubEnv(name, value);
  }
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true, force: true });
  });
  return home;
}
