import process from "node:process";
import { parseHost, removeCredential } from "@tranship/core";
import { readingInput } from "../../errors/usage-error.ts";
import { oneLine } from "../../terminal/one-line.ts";
import { print } from "../../terminal/output.ts";

export interface LogoutFlags {
  readonly authfile?: string | undefined;
}

/** Forgets the credentials of a registry, as `docker logout` does. */
export async function logoutAction(text: string, { authfile }: LogoutFlags, signal: AbortSignal): Promise<void> {
  const host = await readingInput(() => parseHost(text));
  const { removed, path, stillIn } = await removeCredential({ host, authFile: authfile, signal });
  print(
    removed ? `Removed the credentials for ${host}` : `Not logged in to ${host}: "${path}" has no credentials for it`,
  );
  for (const other of stillIn)
    process.stderr.write(`tranship: warning: ${oneLine(`"${other}" still has credentials for ${host}`)}\n`);
}
