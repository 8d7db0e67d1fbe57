import { hash, sign, verify } from "node:crypto";
import { padded, parsePublicKey, type SshPrivateKey, type SshPublicKey } from "./ssh-keys.ts";
import { armored, SshReader, sshInteger, sshNumber, sshString } from "./ssh-wire.ts";

const MAGIC = "SSHSIG";
const LABEL = "SSH SIGNATURE";

/** Bytes of a coordinate, and the hash, by kind of ECDSA key. RFC 5656, 6.2.1. */
const ECDSA: Readonly<Record<string, readonly [length: number, hash: string]>> = {
  "ecdsa-sha2-nistp256": [32, "sha256"],
  "ecdsa-sha2-nistp384": [48, "sha384"],
  "ecdsa-sha2-nistp521": [66, "sha512"],
};

const RSA_HASHES: Readonly<Record<string, string>> = { "rsa-sha2-256": "sha256", "rsa-sha2-512": "sha512" };

/**
 * Signs as `ssh-keygen -Y sign -n NAMESPACE` does.
 * Spec: OpenSSH, PROTOCOL.sshsig.
 */
export function signSsh(message: Uint8Array, key: SshPrivateKey, namespace: string): string {
  const signed = signedData(message, namespace, "sha512");
  const body = Buffer.concat([
    Buffer.from(MAGIC),
    sshNumber(1),
    sshString(key.blob),
    sshString(namespace),
    sshString(""),
    sshString("sha512"),
    sshString(signatureBy(key, signed)),
  ]);
  const lines = body.toString("base64").match(/.{1,70}/g) ?? [];
  return [`-----BEGIN ${LABEL}-----`, ...lines, `-----END ${LABEL}-----`, ""].join("\n");
}

/**
 * Checks a signature as `ssh-keygen -Y verify` does: made by one of the keys, over this message, for this namespace.
 * @throws {SyntaxError} saying why it is not that.
 */
export function verifySsh(
  message: Uint8Array,
  signature: string,
  { keys, namespace }: { readonly keys: readonly SshPublicKey[]; readonly namespace: string },
): void {
  const body = armored(signature, LABEL);
  if (body === undefined) throw new SyntaxError("it is not a signature of ssh-keygen");
  const reader = new SshReader(body);
  if (reader.take(6).toString("latin1") !== MAGIC || reader.number() !== 1)
    throw new SyntaxError("it is not a signature of ssh-keygen, version 1");
  const blob = reader.string();
  const [made, , algorithm] = [reader.text(), reader.string(), reader.text()];
  const value = reader.string();
  if (!reader.isAtEnd) throw new SyntaxError("it has bytes after its end");
  if (made !== namespace) throw new SyntaxError(`it was made for the namespace "${made}", not "${namespace}"`);
  if (algorithm !== "sha256" && algorithm !== "sha512")
    throw new SyntaxError(`its hash "${algorithm}" is not supported`);
  const key = keys.find((known) => known.blob.equals(blob));
  if (key === undefined) throw new SyntaxError("it was made with a key that is not trusted");
  if (!isSignedBy(parsePublicKey(key.blob), signedData(message, namespace, algorithm), value))
    throw new SyntaxError("it is not of these bytes: the file was changed, or the signature belongs to another one");
}

function signedData(message: Uint8Array, namespace: string, algorithm: string): Buffer {
  return Buffer.concat([
    Buffer.from(MAGIC),
    sshString(namespace),
    sshString(""),
    sshString(algorithm),
    sshString(hash(algorithm, message, "buffer")),
  ]);
}

function signatureBy({ type, secret }: SshPrivateKey, data: Buffer): Buffer {
  const curve = ECDSA[type];
  if (curve !== undefined) {
    const [length, algorithm] = curve;
    const pair = sign(algorithm, data, { key: secret, dsaEncoding: "ieee-p1363" });
    const numbers = Buffer.concat([sshInteger(pair.subarray(0, length)), sshInteger(pair.subarray(length))]);
    return Buffer.concat([sshString(type), sshString(numbers)]);
  }
  if (type === "ssh-rsa") return Buffer.concat([sshString("rsa-sha2-512"), sshString(sign("sha512", data, secret))]);
  return Buffer.concat([sshString(type), sshString(sign(null, data, secret))]);
}

function isSignedBy({ type, key }: SshPublicKey, data: Buffer, value: Buffer): boolean {
  const reader = new SshReader(value);
  const [algorithm, signature] = [reader.text(), reader.string()];
  if (!reader.isAtEnd) return false;
  const curve = ECDSA[type];
  if (curve !== undefined) {
    const [length, hashName] = curve;
    const numbers = new SshReader(signature);
    const [r, s] = [numbers.integer(), numbers.integer()];
    if (algorithm !== type || !numbers.isAtEnd || r.length > length || s.length > length) return false;
    const pair = Buffer.concat([padded(r, length), padded(s, length)]);
    return verify(hashName, data, { key, dsaEncoding: "ieee-p1363" }, pair);
  }
  if (type === "ssh-rsa") {
    // The old "ssh-rsa" signs with SHA-1.
    const hashName = RSA_HASHES[algorithm];
    return hashName !== undefined && verify(hashName, data, key, signature);
  }
  return algorithm === type && verify(null, data, key, signature);
}
