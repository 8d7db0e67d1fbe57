/** What other tools' files call it. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ["source", "from"],
  ["src", "from"],
  ["target", "to"],
  ["dest", "to"],
  ["destination", "to"],
  ["sync", "mirrors"],
  ["images", "mirrors"],
  ["tasks", "mirrors"],
  ["registries", "hosts"],
  ["creds", "credentials"],
  ["auth", "credentials"],
  ["user", "username"],
  ["pass", "password"],
  ["allow", "glob"],
  ["include", "glob"],
  ["match", "glob"],
  ["deny", "exclude"],
  ["platform", "platforms"],
  ["arch", "platforms"],
  ["keep", "newest"],
  ["latest", "newest"],
  ["tls", "plainHttp"],
  ["rateLimit", "requestsPerSecond"],
  ["bandwidth", "bytesPerSecond"],
  ["parallel", "concurrency"],
]);

/** The known word that was most likely meant; undefined where none is close. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const translated = OTHER_WORDS.get(word);
  if (translated !== undefined && known.includes(translated)) return translated;
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, "");
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(plain(word), plain(candidate)) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  if (best === undefined || best.distance > Math.max(1, Math.floor(word.length / 3))) return undefined;
  return best.candidate;
}

/** How many letters have to be put in, taken out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1];
    for (const [at, other] of [...b].entries()) {
      const changed = (row[at] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
