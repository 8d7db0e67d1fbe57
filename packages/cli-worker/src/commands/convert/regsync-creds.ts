import { parseHost } from "@tranship/core";
import { type Conversion, type HostDraft, literal } from "./conversion.ts";
import { messageOf } from "./foreign-reference.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";

/** How regsync reaches a registry: an entry of `creds`, whose host gets the settings. */
export function readCreds(map: ForeignMap, into: Conversion, at: ForeignValue): void {
  const name = map.take("registry")?.text();
  if (name === undefined) {
    at.note("an entry of creds without registry is not carried over");
    return;
  }
  let host: string;
  try {
    host = parseHost(name.replace(/^https?:\/\//, "").replace(/\/.*$/, ""));
  } catch (error) {
    at.note(`creds for ${name} are not carried over: ${messageOf(error)}`);
    return;
  }
  const draft = into.host(host);
  readCredentials(map, host, { draft, into });
  const tls = map.take("tls")?.text()?.toLowerCase();
  if (tls === "disabled" || map.take("scheme")?.text() === "http") draft.plainHttp = true;
  if (tls === "insecure") draft.insecure = true;
  const [ca, cert, key] = ["regcert", "clientCert", "clientKey"].map((field) => readFile(map.take(field), field));
  if (ca !== undefined) draft.ca = ca;
  if (cert !== undefined && key !== undefined) draft.clientCert = { cert, key };
  const mirrors = map.take("mirrors")?.texts() ?? [];
  if (mirrors.length > 0) {
    draft.mirrors = mirrors;
    at.note(`mirrors of ${host} are asked where it can't answer itself, not before it`);
  }
  const rate = map.take("reqPerSec")?.number();
  if (rate !== undefined && rate > 0) draft.requestsPerSecond = rate;
  const concurrent = map.take("reqConcurrent")?.number();
  if (concurrent !== undefined && concurrent > 0) draft.concurrency = Math.min(1000, concurrent);
  map.noteRest(`creds of ${host}`);
}

function readCredentials(
  map: ForeignMap,
  host: string,
  { draft, into }: { readonly draft: HostDraft; readonly into: Conversion },
): void {
  const [user, pass, token, helper] = ["user", "pass", "token", "credHelper"].map((key) => map.take(key));
  const program = helper?.text();
  if (program?.startsWith("docker-credential-") === true) {
    draft.credentials = { helper: program.slice("docker-credential-".length) };
  } else if (program !== undefined) {
    helper?.note(`credHelper of ${host} is not carried over: ${program} is no docker-credential-… program`);
  } else if (user?.text() !== undefined || pass?.text() !== undefined) {
    draft.credentials = {
      username: secretOf(user, host, { what: "USERNAME", into }),
      password: secretOf(pass, host, { what: "PASSWORD", into }),
    };
  } else if (token?.text() !== undefined) {
    draft.credentials = { token: secretOf(token, host, { what: "TOKEN", into }) };
  }
}

/** A template that is a variable stays that variable; what is written out becomes one. */
function secretOf(
  value: ForeignValue | undefined,
  host: string,
  { what, into }: { readonly what: string; readonly into: Conversion },
): string {
  const name = /^\s*\{\{\s*env\s+"([A-Za-z_][A-Za-z0-9_]*)"\s*\}\}\s*$/.exec(value?.text() ?? "")?.[1];
  return name === undefined ? into.secret(host, what) : into.variable(name);
}

/** A certificate, which regsync has in the file itself or by a template of a file's name. */
function readFile(value: ForeignValue | undefined, field: string): string | undefined {
  const text = value?.text();
  if (text === undefined) return undefined;
  const name = /^\s*\{\{\s*file\s+"([^"]+)"\s*\}\}\s*$/.exec(text)?.[1];
  if (name === undefined) value?.note(`${field} is not carried over: put the certificate into a file, and name that`);
  return name === undefined ? undefined : literal(name);
}
