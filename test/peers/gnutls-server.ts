import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Certificate } from "../support/certificates.ts";
import { ServerProcess } from "./server-process.ts";

/** A TLS 1.2 server that lacks secure renegotiation. */
export interface LegacyServer extends AsyncDisposable {
  readonly address: string;
}

/** GnuTLS's own server: it answers each request with 200 and the content of a file. */
export async function legacyServer(
  program: string,
  { certificate, key }: Certificate,
  answerFile: string,
): Promise<LegacyServer> {
  const port = await freePort();
  const [server] = await ServerProcess.start(program, {
    args: [
      ...["--http", "--httpdata", answerFile, "--port", String(port)],
      ...["--x509certfile", certificate, "--x509keyfile", key],
      // TLS 1.3 has no renegotiation.
      ...["--priority", "NORMAL:-VERS-TLS1.3:%DISABLE_SAFE_RENEGOTIATION"],
    ],
    ready: /Server listening on IPv4 \S+ port \d+\.\.\.done/,
  });
  return { address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** It takes a number only, and no 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
