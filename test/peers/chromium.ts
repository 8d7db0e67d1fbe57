import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";

/** How a page is shown. */
export interface PageView {
  /** CSS pixels. Default 1280. */
  readonly width?: number;
  /** What the reader's system prefers. Default light. */
  readonly scheme?: "light" | "dark";
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** The browser without a window, driven over a pipe (the DevTools protocol); it has a profile of its own and asks the network for nothing. */
export class Chromium implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #stack: AsyncDisposableStack;
  readonly #answers = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  readonly #heard: Message[] = [];
  readonly #listeners = new Set<(message: Message) => void>();
  #output = "";
  #text = "";
  #last = 0;

  private constructor(child: ChildProcess, stack: AsyncDisposableStack) {
    this.#child = child;
    this.#stack = stack;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#output = (this.#output + text).slice(-4000);
    });
    (child.stdio[4] as Duplex).setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.once("close", () => {
      const error = new Error(`The browser has ended:\n${this.#output}`);
      for (const answer of this.#answers.values()) answer.reject(error);
    });
  }

  /** @param hosts Names that lead to an address, instead of being looked up: `{ "evil.test": "127.0.0.1" }`. */
  static async start(path: string, hosts: Readonly<Record<string, string>> = {}): Promise<Chromium> {
    const stack = new AsyncDisposableStack();
    const profile = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-chromium-")));
    const args = ["--headless", "--remote-debugging-pipe", `--user-data-dir=${profile.path}`, "--no-first-run"];
    // Containers run it as root and without a large /dev/shm.
    const inContainer = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"];
    const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`);
    const resolver = rules.length === 0 ? [] : [`--host-resolver-rules=${rules.join(", ")}`];
    const child = spawn(path, [...args, ...inContainer, ...resolver, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    });
    return new Chromium(child, stack);
  }

  /** Opens a page and waits until it is loaded. */
  async open(url: string, { width = 1280, scheme = "light" }: PageView = {}): Promise<OpenPage> {
    const { targetId } = await this.call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const call = (method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> =>
      this.call(method, params, String(sessionId));
    for (const domain of ["Page", "Network", "Log", "Runtime"]) await call(`${domain}.enable`);
    await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    await call("Emulation.setDeviceMetricsOverride", {
      width,
      height: 900,
      deviceScaleFactor: 1,
      mobile: width < 600,
    });
    const begun = this.#heard.length;
    const loaded = this.#event("Page.loadEventFired");
    await call("Page.navigate", { url });
    await loaded;
    return new OpenPage(call, () => this.#heard.slice(begun));
  }

  async call(method: string, params: object = {}, sessionId?: string): Promise<Readonly<Record<string, unknown>>> {
    this.#last += 1;
    const answer = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    this.#answers.set(this.#last, answer);
    const message = JSON.stringify({ id: this.#last, method, params, sessionId });
    (this.#child.stdio[3] as Duplex).write(`${message}\0`);
    return answer.promise;
  }

  /** Ends it, and its profile goes. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#child, "close");
    if (this.#child.exitCode === null) {
      await this.call("Browser.close").catch(() => {});
      await closed;
    }
    await this.#stack.disposeAsync();
  }

  async #event(method: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const listener = (message: Message): void => {
      if (message.method === method) resolve();
    };
    this.#listeners.add(listener);
    await promise;
    this.#listeners.delete(listener);
  }

  #read(text: string): void {
    const parts = `${this.#text}${text}`.split("\0");
    this.#text = parts.pop() ?? "";
    for (const part of parts) this.#hear(JSON.parse(part) as Message);
  }

  #hear(message: Message): void {
    const answer = message.id === undefined ? undefined : this.#answers.get(message.id);
    if (message.id !== undefined) this.#answers.delete(message.id);
    if (message.error !== undefined) answer?.reject(new Error(message.error.message));
    else answer?.resolve(message.result ?? {});
    if (message.method === undefined) return;
    this.#heard.push(message);
    for (const listener of this.#listeners) listener(message);
  }
}

/** A page in the browser. */
export class OpenPage {
  readonly #call: (method: string, params?: object) => Promise<Readonly<Record<string, unknown>>>;
  readonly #heard: () => readonly Message[];

  constructor(
    call: (method: string, params?: object) => Promise<Readonly<Record<string, unknown>>>,
    heard: () => readonly Message[],
  ) {
    this.#call = call;
    this.#heard = heard;
  }

  /** What an expression, or the promise that it gives, is in the page, as JSON has it. @throws what it throws. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#call("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { readonly value?: unknown }).value;
  }

  /** The URLs that it has asked for. */
  requests(): readonly string[] {
    return this.#params("Network.requestWillBeSent").map(({ request }) => (request as { readonly url: string }).url);
  }

  /** What the browser has to say about it: errors, and what its policy refused. */
  complaints(): readonly string[] {
    const entries = this.#params("Log.entryAdded").map(({ entry }) => (entry as { readonly text: string }).text);
    return [...entries, ...this.#params("Runtime.exceptionThrown").map((thrown) => JSON.stringify(thrown))];
  }

  /** A picture of the whole page: PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.#call("Page.captureScreenshot", { captureBeyondViewport: true, format: "png" });
    return Buffer.from(String(data), "base64");
  }

  #params(method: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#heard().flatMap((message) =>
      message.method === method && message.params !== undefined ? [message.params] : [],
    );
  }
}
