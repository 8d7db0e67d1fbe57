import { get } from "node:http";
import type { Environment } from "@tranship/core";

const ADDRESS = "169.254.169.254";
const TIMEOUT_MS = 1000;

/**
 * Whether the metadata server of a machine at Google answers, within 1 s: Google's own library waits 3 s for it wherever it runs.
 * `GCE_METADATA_HOST` and `METADATA_SERVER_DETECTION` (`none`, `assume-present`) mean what they mean there.
 */
export async function hasGoogleMetadata(env: Environment, signal: AbortSignal): Promise<boolean> {
  const detection = env["METADATA_SERVER_DETECTION"]?.trim().toLowerCase();
  if (detection === "none") return false;
  if (detection === "assume-present") return true;
  const address = env["GCE_METADATA_IP"] || env["GCE_METADATA_HOST"] || ADDRESS;
  const base = /^https?:\/\//.test(address) ? address : `http://${address}`;
  const url = URL.parse("/computeMetadata/v1/instance", base);
  if (url === null || url.protocol !== "http:") return false;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const answered = await answersAsGoogle(url, limited);
  signal.throwIfAborted();
  return answered;
}

function answersAsGoogle(url: URL, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { headers: { "metadata-flavor": "Google" }, agent: false, signal }, (response) => {
      response.destroy();
      resolve(response.headers["metadata-flavor"] === "Google");
    });
    request.on("error", () => resolve(false));
  });
}
