import { createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from "node:crypto";
import { armored, SshReader, sshInteger, sshString } from "./ssh-wire.ts";

/** A key in SSH's words. */
export interface SshPublicKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, … */
  readonly type: string;
  readonly blob: Buffer;
  readonly key: KeyObject;
}

export interface SshPrivateKey extends SshPublicKey {
  readonly secret: KeyObject;
}

/** Curves by SSH's name: that of JSON web keys, bytes of a coordinate. */
const CURVES: Readonly<Record<string, readonly [name: string, length: number]>> = {
  nistp256: ["P-256", 32],
  nistp384: ["P-384", 48],
  nistp521: ["P-521", 66],
};

/** Shorter RSA keys are not accepted, in bits. */
const MIN_RSA_BITS = 2048;

/** Reads a public key's blob. Spec: RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4. @throws {SyntaxError} for another kind of key. */
export function parsePublicKey(blob: Uint8Array): SshPublicKey {
  const reader = new SshReader(blob);
  const type = reader.text();
  const key = createPublicKey({ key: publicJwk(type, reader), format: "jwk" });
  if (!reader.isAtEnd) throw new SyntaxError("the key has bytes after its end");
  if (type === "ssh-rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS)
    throw new SyntaxError(`an RSA key has at least ${MIN_RSA_BITS} bits`);
  return { type, blob: Buffer.from(blob), key };
}

function publicJwk(type: string, reader: SshReader): webcrypto.JsonWebKey {
  if (type === "ssh-ed25519") return { kty: "OKP", crv: "Ed25519", x: url(reader.string()) };
  if (type === "ssh-rsa") {
    const e = url(reader.integer());
    return { kty: "RSA", e, n: url(reader.integer()) };
  }
  const [crv, length] = curveOf(type, reader.text());
  const point = reader.string();
  if (point[0] !== 4 || point.length !== 1 + 2 * length) throw new SyntaxError("the key is not a point of its curve");
  return { kty: "EC", crv, x: url(point.subarray(1, 1 + length)), y: url(point.subarray(1 + length)) };
}

/**
 * Reads a private key as ssh-keygen writes it, or in PEM.
 * Spec: OpenSSH, PROTOCOL.key.
 * @throws {SyntaxError} for an encrypted one, and for other kinds; nothing of it is shown.
 */
export function parsePrivateKey(text: string): SshPrivateKey {
  const bytes = armored(text, "OPENSSH PRIVATE KEY");
  if (bytes !== undefined) return parseOpenSsh(bytes);
  if (/ENCRYPTED/.test(text)) throw encrypted();
  let secret: KeyObject;
  try {
    secret = createPrivateKey(text);
  } catch {
    throw new SyntaxError("it is not a private key of ssh-keygen, nor one in PEM");
  }
  return withPublicKey(secret);
}

function parseOpenSsh(bytes: Buffer): SshPrivateKey {
  const reader = new SshReader(bytes);
  if (reader.take(15).toString("latin1") !== "openssh-key-v1\0") throw new SyntaxError("it is not a private key");
  const cipher = reader.text();
  reader.string();
  reader.string();
  if (cipher !== "none") throw encrypted();
  if (reader.number() !== 1) throw new SyntaxError("it holds several keys");
  const { type, blob, key } = parsePublicKey(reader.string());
  const section = new SshReader(reader.string());
  const [check, again] = [section.number(), section.number()];
  if (check !== again || section.text() !== type) throw new SyntaxError("it is damaged");
  const jwk = key.export({ format: "jwk" });
  return { type, blob, key, secret: createPrivateKey({ key: { ...jwk, ...secretJwk(type, section) }, format: "jwk" }) };
}

function secretJwk(type: string, section: SshReader): webcrypto.JsonWebKey {
  if (type === "ssh-ed25519") {
    section.string();
    return { d: url(section.string().subarray(0, 32)) };
  }
  if (type === "ssh-rsa") {
    section.string();
    section.string();
    const [d, qi, p, q] = [section.integer(), section.integer(), section.integer(), section.integer()];
    const rest = (prime: Buffer): string => url(modulo(d, prime));
    return { d: url(d), p: url(p), q: url(q), qi: url(qi), dp: rest(p), dq: rest(q) };
  }
  const [, length] = curveOf(type, section.text());
  section.string();
  return { d: url(padded(section.integer(), length)) };
}

/** `d mod (prime - 1)`. */
function modulo(d: Buffer, prime: Buffer): Buffer {
  const rest = BigInt(`0x${d.toString("hex")}`) % (BigInt(`0x${prime.toString("hex")}`) - 1n);
  const hex = rest.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
}

function withPublicKey(secret: KeyObject): SshPrivateKey {
  const jwk = secret.export({ format: "jwk" });
  const bytes = (field: unknown): Buffer => Buffer.from(String(field), "base64url");
  const curve = Object.entries(CURVES).find(([, [name]]) => name === jwk.crv)?.[0];
  let blob: Buffer;
  if (jwk.crv === "Ed25519") blob = Buffer.concat([sshString("ssh-ed25519"), sshString(bytes(jwk.x))]);
  else if (jwk.kty === "RSA")
    blob = Buffer.concat([sshString("ssh-rsa"), sshInteger(bytes(jwk.e)), sshInteger(bytes(jwk.n))]);
  else if (curve !== undefined) {
    const point = Buffer.concat([Buffer.of(4), bytes(jwk.x), bytes(jwk.y)]);
    blob = Buffer.concat([sshString(`ecdsa-sha2-${curve}`), sshString(curve), sshString(point)]);
  } else throw new SyntaxError("its kind is not supported: use Ed25519, RSA or ECDSA");
  return { ...parsePublicKey(blob), secret };
}

export function padded(bytes: Uint8Array, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.max(0, length - bytes.length)), bytes]);
}

/** The curve of an ECDSA key, which says it twice. */
function curveOf(type: string, name: string): readonly [name: string, length: number] {
  const curve = CURVES[name];
  if (curve === undefined || type !== `ecdsa-sha2-${name}`)
    throw new SyntaxError("the kind of key is not supported: use Ed25519, RSA or ECDSA");
  return curve;
}

function encrypted(): SyntaxError {
  return new SyntaxError(
    "it is encrypted, and this command asks for no passphrase: sign the written plan with `ssh-keygen -Y sign -n tranship-plan -f KEY PLAN`, which also uses an agent",
  );
}

function url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
