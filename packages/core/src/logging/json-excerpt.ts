import type { HttpHeaders } from "../http/message/message.ts";
import { redactedJson } from "./redact-json.ts";

/** What is shown of a body, in bytes. */
const SHOWN_BYTES = 16 * 1024;

/** The beginning of a JSON body, kept while the body passes by. Memory: 16 KiB. */
export class JsonExcerpt {
  readonly #pieces: Uint8Array[] = [];
  #kept = 0;
  #size = 0;

  add(piece: Uint8Array): void {
    this.#size += piece.length;
    if (this.#kept === SHOWN_BYTES) return;
    // Copied: who reads the body may write into its pieces.
    const kept = piece.slice(0, SHOWN_BYTES - this.#kept);
    this.#kept += kept.length;
    this.#pieces.push(kept);
  }

  /** Without secrets, nor what is in the queries of `urls`. Undefined where nothing came. */
  text(urls: readonly URL[] = []): string | undefined {
    if (this.#size === 0) return undefined;
    // A character that is cut in the middle is left out.
    const text = redactedJson(new TextDecoder().decode(Buffer.concat(this.#pieces), { stream: true }), urls);
    return this.#size > this.#kept ? `${text}… (${this.#size} bytes in all)` : text;
  }
}

/** Whether headers announce JSON as it is, not compressed. */
export function announcesJson(headers: HttpHeaders): boolean {
  const encoding = headers["content-encoding"] ?? "identity";
  return encoding === "identity" && /^[\w.-]+\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(headers["content-type"] ?? "");
}
