/** A quoted text, or a word. */
const PIECE = /"(?:[^"\\]|\\.)*"|[^\s"]+/gs;

/** `USER:SECRET@HOST`, also in a URL. A digest after the `@` belongs to a reference. */
const WITH_USER =
  /^("?(?:[a-z][a-z0-9+.-]{0,20}:)?(?:\/\/)?)[^/:@"]*:(?!\/\/)(.*)@(?![a-z0-9+._-]+:[0-9a-f]{8,})(.*)$/is;

/** What follows the colon of `HOST:PORT/…`. */
const PORT = /^\d{1,5}\//;

/** The message with `***` for user and password where something in it is written `USER:SECRET@HOST`: a reference, a host or a URL that the user gave. */
export function withoutUsers(message: string): string {
  if (!message.includes("@")) return message;
  return message.replace(PIECE, (piece) => {
    const [, before, secret, after] = WITH_USER.exec(piece) ?? [];
    if (before === undefined || secret === undefined || PORT.test(secret)) return piece;
    return `${before}***@${after}`;
  });
}
