import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Credential, Environment } from "@tranship/core";
import { GoogleAuth } from "google-auth-library";
import type { CloudQuestion } from "./credential-source.ts";
import { hasGoogleMetadata } from "./google-metadata.ts";
import { sdkFailure, warnOfRefusal } from "./sdk-failure.ts";

const FROM = "Google's application default credentials";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
/** What Google's registries call whoever shows an access token. */
const USERNAME = "oauth2accesstoken";

/**
 * User and password of Google's registries, good for 1 h: an access token of the application default credentials, which are those that
 * `GOOGLE_APPLICATION_CREDENTIALS` names, those of `gcloud auth application-default login`, or the machine's service account.
 */
export async function googleCredential(question: CloudQuestion): Promise<Credential> {
  const { env, signal } = question;
  try {
    const found = namesFile(env) || (await hasGoogleMetadata(env, signal));
    if (!found) return sdkFailure("no credentials were found", FROM, question);
    // The project plays no part in a token, and without one the library would start gcloud to learn it.
    const client = await new GoogleAuth({ scopes: SCOPE, projectId: "unused" }).getClient();
    const { token } = await client.getAccessToken();
    signal.throwIfAborted();
    if (!token) throw new SyntaxError("the answer has no access token");
    const expiresAt = client.credentials.expiry_date ?? undefined;
    return { kind: "basic", username: USERNAME, password: token, from: FROM, expiresAt };
  } catch (error) {
    const [code] = /\binvalid_(?:grant|client)\b/.exec(error instanceof Error ? error.message : "") ?? [];
    if (code !== undefined && env["GOOGLE_APPLICATION_CREDENTIALS"] && !signal.aborted) {
      warnOfRefusal("Google identity of GOOGLE_APPLICATION_CREDENTIALS", code, question);
    }
    return sdkFailure(error, FROM, question);
  }
}

/** Whether the library has a file to read, by its own rules; what is in it, it says itself. */
function namesFile(env: Environment): boolean {
  if (env["GOOGLE_APPLICATION_CREDENTIALS"] || env["google_application_credentials"]) return true;
  const { CLOUDSDK_CONFIG, APPDATA, HOME } = env;
  const home = process.platform === "win32" ? APPDATA && join(APPDATA, "gcloud") : HOME && join(HOME, ".config/gcloud");
  const folder = CLOUDSDK_CONFIG || home;
  return Boolean(folder) && existsSync(join(folder ?? "", "application_default_credentials.json"));
}
