/** What went over one side's wire. Bytes are those of bodies. */
export interface Traffic {
  /** By method and what was asked for: `{ "GET blob": 3600 }`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Of all of them. */
  readonly total: number;
  /** Blobs that the registry took from another repository, or had: a POST that was answered 201. */
  readonly mounted: number;
  /** From the client to the registry. */
  readonly sent: number;
  /** From the registry to the client. */
  readonly received: number;
}

/** Counts while it goes on. */
export class TrafficCount {
  readonly #requests = new Map<string, number>();
  #mounted = 0;
  #sent = 0;
  #received = 0;

  request(method: string, path: string): void {
    const kind = `${method} ${kindOf(path)}`;
    this.#requests.set(kind, (this.#requests.get(kind) ?? 0) + 1);
  }

  answered(method: string, path: string, status: number): void {
    if (method === "POST" && kindOf(path) === "upload" && status === 201) this.#mounted += 1;
  }

  sent(bytes: number): void {
    this.#sent += bytes;
  }

  received(bytes: number): void {
    this.#received += bytes;
  }

  /** The count since the last take. */
  take(): Traffic {
    const requests = Object.fromEntries([...this.#requests].toSorted());
    const total = [...this.#requests.values()].reduce((sum, count) => sum + count, 0);
    const taken = { requests, total, mounted: this.#mounted, sent: this.#sent, received: this.#received };
    this.#requests.clear();
    this.#mounted = 0;
    this.#sent = 0;
    this.#received = 0;
    return taken;
  }
}

function kindOf(path: string): string {
  if (path.includes("/blobs/uploads/")) return "upload";
  if (path.includes("/blobs/")) return "blob";
  if (path.includes("/manifests/")) return "manifest";
  if (path.includes("/tags/list")) return "tags";
  if (path.includes("/referrers/")) return "referrers";
  if (path.includes("/_catalog")) return "catalog";
  if (path.startsWith("/acr/")) return "acr";
  return "ping";
}
