import { isAbsolute, join } from "node:path";
import { parseHost } from "@tranship/core";
import { parseSize } from "../../arguments/parse-size.ts";
import { cloudOf } from "../../registries/credentials/cloud-of.ts";
import type {
  CreateRule,
  HostBounds,
  HostCredentials,
  HostLimits,
  HostRules,
  LimitWindow,
} from "../../registries/host-rules.ts";
import { DAYS, type HostDocument } from "./document-schema.ts";
import type { Reading } from "./reading.ts";
import type { Path } from "./yaml-file.ts";

/** Reads what the file says of its hosts. @param folder what its paths are relative to. */
export function readHosts(
  reading: Reading,
  hosts: Readonly<Record<string, HostDocument>>,
  folder: string,
): ReadonlyMap<string, HostRules> {
  const rules = new Map<string, HostRules>();
  for (const [name, document] of Object.entries(hosts)) {
    const path = ["hosts", name];
    const read = readHost(reading, name, document, folder);
    if (read === undefined) continue;
    if (rules.has(read.host)) reading.wrongKey(["hosts"], name, `${read.host} is there twice`);
    if (read.mirrors.includes(read.host)) reading.wrong([...path, "mirrors"], "a host is no mirror of itself");
    rules.set(read.host, read);
  }
  return rules;
}

function readHost(reading: Reading, name: string, document: HostDocument, folder: string): HostRules | undefined {
  const path = ["hosts", name];
  const { ca, clientCert, insecure = false, plainHttp = false, legacyTls, mirrors = [], windows = [] } = document;
  const absolute = (file: string): string => (isAbsolute(file) ? file : join(folder, file));
  if (insecure && plainHttp)
    reading.wrong(path, "insecure and plainHttp exclude each other: without TLS there is no certificate");
  if (legacyTls === true && plainHttp)
    reading.wrong(path, "legacyTls and plainHttp exclude each other: without TLS there is no renegotiation");
  if (plainHttp && (ca !== undefined || clientCert !== undefined)) {
    reading.wrong(path, "plainHttp excludes ca and clientCert: without TLS there are no certificates");
  }
  let host: string;
  try {
    host = parseHost(name);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    reading.wrongKey(["hosts"], name, error.message);
    return undefined;
  }
  return {
    host,
    credentials: readCredentials(document.credentials),
    tls: {
      ca: ca === undefined ? undefined : absolute(ca),
      clientCert: clientCert && { cert: absolute(clientCert.cert), key: absolute(clientCert.key) },
      insecure,
      plainHttp,
      ...(legacyTls === true && { legacyTls }),
    },
    redirects: {
      anyAddress: readHostList(reading, document.allowRedirectTo, [...path, "allowRedirectTo"]),
      http: readHostList(reading, document.allowHttpRedirectTo, [...path, "allowHttpRedirectTo"]),
    },
    create: readCreate(reading, document.create, { host, path: [...path, "create"], absolute }),
    mirrors: readHostList(reading, mirrors, [...path, "mirrors"]),
    limits: readLimits(reading, document, path),
    bounds: readBounds(reading, document, path),
    windows: windows.map((window, index) => readWindow(reading, window, [...path, "windows", index])),
  };
}

function readHostList(reading: Reading, hosts: readonly string[] = [], path: Path): readonly string[] {
  return hosts.flatMap((host, index) => reading.try([...path, index], () => parseHost(host)) ?? []);
}

function readCreate(
  reading: Reading,
  create: HostDocument["create"],
  { host, path, absolute }: { readonly host: string; readonly path: Path; readonly absolute: (file: string) => string },
): CreateRule | undefined {
  if (create === undefined) return undefined;
  if (create !== true) {
    const [program = "", ...args] = create;
    return { kind: "command", program: program.includes("/") ? absolute(program) : program, args };
  }
  const cloud = cloudOf(host, {});
  if (cloud?.kind === "ecr") return cloud;
  reading.wrong(path, `true is for Amazon ECR, and ${host} is none: write a command, such as ${EXAMPLE}`);
  return undefined;
}

const EXAMPLE = '[./create-project, "{repository}"]';

function readCredentials(credentials: HostDocument["credentials"]): HostCredentials | undefined {
  if (credentials === undefined) return undefined;
  if (typeof credentials === "string") return { kind: "anonymous" };
  if ("token" in credentials) return { kind: "token", token: credentials.token };
  if ("helper" in credentials) return { kind: "helper", helper: credentials.helper };
  return { kind: "password", username: credentials.username, password: credentials.password };
}

function readLimits(reading: Reading, document: Omit<HostDocument, "mirrors">, path: Path): HostLimits {
  const { requestsPerSecond, bytesPerSecond, concurrency } = document;
  const bytes =
    bytesPerSecond === undefined
      ? undefined
      : reading.try([...path, "bytesPerSecond"], () => parseSize(bytesPerSecond));
  return { requestsPerSecond, bytesPerSecond: bytes, concurrency };
}

function readBounds(reading: Reading, document: Omit<HostDocument, "mirrors">, path: Path): HostBounds {
  const { minBytesPerSecond, lists = {} } = document;
  const size = (value: number | string | undefined, key: Path): number | undefined =>
    value === undefined ? undefined : reading.try(key, () => parseSize(value));
  return {
    minBytesPerSecond: size(minBytesPerSecond, [...path, "minBytesPerSecond"]),
    lists: {
      ...lists,
      bytes: size(lists.bytes, [...path, "lists", "bytes"]),
      pageBytes: size(lists.pageBytes, [...path, "lists", "pageBytes"]),
    },
  };
}

function readWindow(reading: Reading, window: NonNullable<HostDocument["windows"]>[number], path: Path): LimitWindow {
  const limits = readLimits(reading, window, path);
  if (Object.values(limits).every((limit) => limit === undefined)) {
    reading.wrong(path, "a window without a limit: expected requestsPerSecond, bytesPerSecond or concurrency");
  }
  return {
    since: minutes(window.since),
    until: minutes(window.until),
    days: new Set((window.days ?? DAYS).map((day) => DAYS.indexOf(day))),
    limits,
  };
}

function minutes(time: string): number {
  const [hours, rest] = time.split(":").map(Number);
  return (hours ?? 0) * 60 + (rest ?? 0);
}
