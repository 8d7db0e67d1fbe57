/** Each step of the cost doubles the time: 14 takes about a second of CPU in JavaScript. */
const MAX_COST = 14;
const ENTRY = /^([^:]+):(\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53})$/;

/** The bcrypt hash of each user. */
export type Users = ReadonlyMap<string, string>;

/**
 * Reads the text of a file that `htpasswd -B` writes: a user and a bcrypt hash per line. Empty lines
 * and lines that start with # are skipped.
 * @throws {SyntaxError} with the number of the line, and nothing of what it holds.
 */
export function parseHtpasswd(text: string): Users {
  const users = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const entry = line.trim();
    if (entry === "" || entry.startsWith("#")) continue;
    const [, user, hash, cost] = ENTRY.exec(entry) ?? [];
    const at = `line ${index + 1}`;
    if (user === undefined || hash === undefined)
      throw new SyntaxError(`${at}: expected USER:HASH with a bcrypt hash, as "htpasswd -B" writes it`);
    if (Number(cost) < 4 || Number(cost) > MAX_COST)
      throw new SyntaxError(`${at}: the cost of the hash is ${cost}, expected 4 to ${MAX_COST}`);
    if (users.has(user)) throw new SyntaxError(`${at}: the user is in the file twice`);
    users.set(user, hash);
  }
  if (users.size === 0) throw new SyntaxError("it names no user");
  return users;
}
