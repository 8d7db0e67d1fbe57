import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import pLimit from "p-limit";
import { ApiError } from "../api-error.ts";
import { UserFile } from "./user-file.ts";

/** Passwords that may wait to be checked: each takes some 100 ms of CPU. */
const MAX_WAITING = 100;
const CHALLENGE = { "www-authenticate": 'Basic realm="tranship", charset="UTF-8"' } as const;

interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/** A password that was right, for as long as its user's hash stays the same. */
interface Verified {
  readonly hash: string;
  readonly seal: Buffer;
}

/**
 * Lets in who has a user and password of an htpasswd file.
 * Cost: 100 ms of CPU for the first request of a user (bcrypt at cost 10), some 10 µs for further ones.
 * Passwords are checked one after another, so that a client with wrong ones takes no more than one core.
 * Spec: RFC 7617.
 */
export class BasicAccess {
  readonly #file: UserFile;
  readonly #verified = new Map<string, Verified>();
  /** What is kept of a right password is worth nothing outside of this process. */
  readonly #key = randomBytes(32);
  readonly #checks = pLimit(1);

  private constructor(file: UserFile) {
    this.#file = file;
  }

  /** @throws {SyntaxError} where the file can't be used. */
  static async open(path: string): Promise<BasicAccess> {
    const file = new UserFile(path);
    await file.users();
    return new BasicAccess(file);
  }

  /**
   * @param authorization the header of the request.
   * @throws {ApiError} UNAUTHORIZED; TOOMANYREQUESTS while too many passwords wait to be checked.
   * @throws {SyntaxError} where the file has become unusable: nobody is let in then.
   */
  async check(authorization: string | undefined): Promise<void> {
    const users = await this.#file.users();
    if (authorization === undefined) throw unauthorized("it needs a user and a password");
    const credentials = parseBasic(authorization);
    if (credentials === undefined) throw unauthorized("expected Basic credentials");
    const { user, password } = credentials;
    const seal = createHmac("sha256", this.#key).update(`${user}\0${password}`).digest();
    const hash = users.get(user);
    const verified = this.#verified.get(user);
    if (verified !== undefined && verified.hash === hash && timingSafeEqual(verified.seal, seal)) return;
    if (this.#checks.pendingCount >= MAX_WAITING) {
      const message = "Cannot serve the request: too many passwords are being checked";
      throw new ApiError(429, "TOOMANYREQUESTS", message, { "retry-after": "5" });
    }
    // A user who is not there takes as long as one who is.
    const [other = ""] = users.values();
    const { compare } = await import("bcryptjs");
    const isRight = await this.#checks(() => compare(password, hash ?? other));
    if (!isRight || hash === undefined) throw unauthorized("the user or the password is wrong");
    this.#verified.set(user, { hash, seal });
  }
}

function parseBasic(authorization: string): BasicCredentials | undefined {
  const [, encoded] = /^basic +([a-z0-9+/_-]+={0,2})$/i.exec(authorization.trim()) ?? [];
  if (encoded === undefined) return undefined;
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString()) ?? [];
  return user === undefined || password === undefined ? undefined : { user, password };
}

function unauthorized(detail: string): ApiError {
  return new ApiError(401, "UNAUTHORIZED", `Cannot serve the request: ${detail}`, CHALLENGE);
}
