import { constants, open } from "node:fs/promises";
import { systemMessage } from "../../errors/system-message.ts";
import { parseHtpasswd, type Users } from "./htpasswd.ts";

const MAX_USER_FILE_BYTES = 1024 * 1024;

/** An htpasswd file. It is read again when it has changed, so that a user who is removed is out at once. */
export class UserFile {
  readonly #path: string;
  #reading: { readonly version: string; readonly users: Promise<Users> } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {SyntaxError} where the file can't be read, or is no htpasswd file with bcrypt hashes. */
  async users(): Promise<Users> {
    try {
      // A FIFO would have the reader wait for ever.
      await using file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      const found = await file.stat();
      if (!found.isFile()) throw new SyntaxError("it is no regular file");
      const { ino, size, mtimeMs, ctimeMs } = found;
      if (size > MAX_USER_FILE_BYTES) throw new SyntaxError(`it has more than ${MAX_USER_FILE_BYTES} bytes`);
      const version = `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
      if (this.#reading?.version !== version)
        this.#reading = { version, users: file.readFile("utf8").then(parseHtpasswd) };
      return await this.#reading.users;
    } catch (cause) {
      const detail = cause instanceof SyntaxError ? cause.message : systemMessage(cause);
      throw new SyntaxError(`Cannot use the htpasswd file ${JSON.stringify(this.#path)}: ${detail}`, { cause });
    }
  }
}
