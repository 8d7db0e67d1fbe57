import { createPrivateKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Certificate } from "./certificates.ts";

/** Signs the tokens of a registry: RS256, with the certificate in the header (`x5c`), which distribution 2.8 and 3.1 both check. */
export class TokenSigner {
  readonly issuer = "tranship tests";
  readonly #key: KeyObject;
  readonly #header: string;

  private constructor(key: KeyObject, certificate: X509Certificate) {
    this.#key = key;
    this.#header = encode({ typ: "JWT", alg: "RS256", x5c: [certificate.raw.toString("base64")] });
  }

  static async read({ certificate, key }: Certificate): Promise<TokenSigner> {
    const [certificateText, keyText] = await Promise.all([readFile(certificate), readFile(key)]);
    return new TokenSigner(createPrivateKey(keyText), new X509Certificate(certificateText));
  }

  /** A JSON Web Token. Spec: RFC 7519. */
  sign(claims: object): string {
    const signed = `${this.#header}.${encode({ iss: this.issuer, ...claims })}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), this.#key).toString("base64url")}`;
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
