import { mkdtempDisposable, readFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { CertificateAuthority } from "../../../../../test/support/certificates.ts";
import { client, failure, listen, read } from "../../../../../test/support/transport-setup.ts";
import type { RegistryTransport } from "../request.ts";

/** The registry is 127.0.0.1; where it sends us is the same machine by another name. */
describe.each(["control", "blob"] as const)("what is the registry's alone, by the %s lane", (lane) => {
  const pem = { ca: "", server: { cert: "", key: "" }, client: { cert: "", key: "" } };

  beforeAll(async () => {
    const folder = await mkdtempDisposable(join(tmpdir(), "tranship-own-host-"));
    const authority = await CertificateAuthority.create("openssl", folder.path);
    const issued = async (name: string, use: "serverAuth" | "clientAuth") => {
      const { certificate, key } = await authority.issue(name, { use });
      return { cert: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
    };
    pem.server = await issued("server", "serverAuth");
    pem.client = await issued("client", "clientAuth");
    pem.ca = await readFile(authority.certificate, "utf8");
    return () => folder.remove();
  });

  /** A registry that sends whoever asks it to another host, and that one; with what each was asked, and who asked. */
  async function pair(options: ServerOptions = {}) {
    const asked: string[] = [];
    const server = (listener: RequestListener): Promise<string> =>
      listen(createServer({ ...pem.server, ...options }, listener));
    const note = (where: string, ...[{ socket, method }]: Parameters<RequestListener>): void => {
      const { subject } = (socket as TLSSocket).getPeerCertificate();
      asked.push(`${where} ${method} by ${subject?.CN ?? "nobody"}`);
    };
    const away = await server((incoming, response) => {
      note("away", incoming, response);
      incoming.resume().on("end", () => response.end("ok"));
    });
    const elsewhere = `https://${away.replace("127.0.0.1", "localhost")}/x`;
    const host = await server((incoming, response) => {
      note("registry", incoming, response);
      incoming.resume().on("end", () => response.writeHead(307, { location: elsewhere }).end());
    });
    return { host, elsewhere, asked };
  }

  const body = (): AsyncIterable<Uint8Array> => content();
  async function* content(): AsyncGenerator<Uint8Array, void, void> {
    yield Buffer.alloc(10);
  }
  const PUT = { method: "PUT", kind: "upload", body, contentLength: 10, retry: false } as const;

  /** Sends a body to the registry, which redirects it, and one to the Location of an upload. */
  async function upload(made: RegistryTransport, host: string, elsewhere: string): Promise<string> {
    expect(await read(made, { ...PUT, path: "/v2/", scopes: [], accept: [200] })).toBe("ok");
    return read(made, { ...PUT, path: made.resolveLocation(elsewhere, new URL(`https://${host}/v2/`)) });
  }

  it("shows the client's certificate to the registry, and not where a redirect or an upload's Location leads", async () => {
    const { host, elsewhere, asked } = await pair({ requestCert: true, rejectUnauthorized: false });
    const made = client(host, { lane, tls: { ca: [pem.ca], ...pem.client } });
    expect(await read(made)).toBe("ok");
    expect(await upload(made, host, elsewhere)).toBe("ok");
    expect(asked).toEqual([
      "registry GET by client",
      "away GET by nobody",
      "registry PUT by client",
      "away PUT by nobody",
      "away PUT by nobody",
    ]);
  });

  it("leaves the registry's certificate unchecked, and checks it where a redirect or an upload's Location leads", async () => {
    const { host, elsewhere, asked } = await pair();
    const made = client(host, { lane, insecure: true });
    expect(await failure(read(made, { retry: false }))).toMatchObject({ code: "TLS" });
    expect(await failure(upload(made, host, elsewhere))).toMatchObject({ code: "TLS" });
    expect(asked).toEqual(["registry GET by nobody", "registry PUT by nobody"]);
  });
});
