import { parsePublicKey, type SshPublicKey } from "./ssh-keys.ts";

const KEY_TYPE = /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521))$/;

/**
 * Reads public keys, one a line as in `id_ed25519.pub` or `authorized_keys`, or as ssh-keygen's allowed_signers file has them: `PRINCIPALS [namespaces="…"] TYPE KEY`. Whoever is
 * named there counts the same.
 * @throws {SyntaxError} for a line that is not such a key, for options that are not supported, and where no key is for the namespace.
 */
export function parseTrustedKeys(text: string, namespace: string): readonly SshPublicKey[] {
  const keys = text.split("\n").flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return [];
    try {
      return keyOf(trimmed, namespace) ?? [];
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new SyntaxError(`line ${index + 1}: ${error.message}`, { cause: error });
    }
  });
  if (keys.length === 0) throw new SyntaxError(`it has no key for the namespace "${namespace}"`);
  return keys;
}

/** Undefined for a key that is for other namespaces. */
function keyOf(line: string, namespace: string): SshPublicKey | undefined {
  const words = line.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
  const at = words.findIndex((word) => KEY_TYPE.test(word));
  const blob = words[at + 1];
  if (at < 0 || blob === undefined)
    throw new SyntaxError("expected a public key: ssh-ed25519, ssh-rsa or ecdsa-sha2-…");
  const [principals = ""] = words;
  if (at > 0 && !/^[^!@="][^!="]*$/.test(principals))
    throw new SyntaxError("expected PRINCIPALS before the key, without options, markers and negations among them");
  if (at > 0 && principals.toLowerCase() === "cert-authority") throw new SyntaxError("certificates are not supported");
  const options = words.slice(1, at).flatMap((word) => word.match(/(?:"[^"]*"|[^,"])+/g) ?? []);
  for (const option of options) {
    const [, names] = /^namespaces="([^"]*)"$/i.exec(option) ?? [];
    if (names === undefined) throw new SyntaxError('only the option namespaces="…" is supported');
    if (names.includes("!")) throw new SyntaxError("a namespace that is negated is not supported");
    if (!names.split(",").some((name) => name === namespace || name === "*")) return undefined;
  }
  const key = parsePublicKey(Buffer.from(blob, "base64"));
  if (key.type !== words[at]) throw new SyntaxError("the key is of another kind than it says");
  return key;
}
