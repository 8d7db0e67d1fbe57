import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { AcrFake } from "./acr-fake.ts";

/** An answer, read whole. */
export interface AcrReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

export interface AcrRequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | URLSearchParams;
  /** Default `admin`: the admin user's name and password. Else the value of `Authorization`, or `none`. */
  readonly auth?: string;
}

/** One request on a connection of its own; nothing is followed. @param url absolute, or a path of the registry. */
export async function acrRequest(fake: AcrFake, url: string, options: AcrRequestOptions = {}): Promise<AcrReply> {
  const { method = "GET", headers = {}, body, auth = "admin" } = options;
  const basic = Buffer.from(`${fake.adminUser}:${fake.adminPassword}`).toString("base64");
  const authorization = auth === "admin" ? `Basic ${basic}` : auth;
  const outgoing = request(new URL(url, fake.url), {
    method,
    agent: false,
    ca: await readFile(fake.caFile),
    headers: {
      ...(auth !== "none" && { authorization }),
      ...(body instanceof URLSearchParams && { "content-type": "application/x-www-form-urlencoded" }),
      ...headers,
    },
  });
  // An answer that comes before the body was sent may be followed by EPIPE, which changes nothing.
  outgoing.on("error", () => undefined);
  outgoing.end(body instanceof URLSearchParams ? body.toString() : body);
  const [incoming] = await once(outgoing, "response");
  const bytes = Buffer.concat(await Array.fromAsync<Buffer>(incoming));
  return { status: incoming.statusCode, headers: incoming.headers, body: bytes, json: parsed(bytes) };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
