import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** One request to a cloud's endpoint. */
export interface CloudCall {
  /** `POST /path?query`. */
  readonly line: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface CloudAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An endpoint of a cloud on loopback: what its own library asks is answered by a function, or never where that gives `"nothing"`. */
export class FakeCloud implements AsyncDisposable {
  readonly calls: CloudCall[] = [];
  readonly #server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const call = { line: `${request.method} ${request.url}`, headers: request.headers, body };
    this.calls.push(call);
    const answer = this.#answer(call);
    if (answer === "nothing") return;
    const { status = 200, headers = {}, body: content = "" } = answer;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof content === "string" ? content : JSON.stringify(content));
  });
  readonly #answer: (call: CloudCall) => CloudAnswer | "nothing";

  private constructor(answer: (call: CloudCall) => CloudAnswer | "nothing") {
    this.#answer = answer;
  }

  static async start(answer: (call: CloudCall) => CloudAnswer | "nothing"): Promise<FakeCloud> {
    const cloud = new FakeCloud(answer);
    cloud.#server.listen(0, "127.0.0.1");
    await once(cloud.#server, "listening");
    return cloud;
  }

  /** `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
