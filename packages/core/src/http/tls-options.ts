import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/** What a TLS connection shows and trusts. */
export interface TlsOptions {
  /** Certificates of authorities, PEM, trusted in addition to the system's. */
  readonly ca?: readonly string[] | undefined;
  /** The client's certificate and key, PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

let roots: readonly string[] | undefined;
let plain: SecureContext | undefined;

/**
 * A context for many connections. Reading and parsing the roots takes some 60 ms, so each is done once; the context that has nothing but
 * them is shared by all clients of the process.
 * The roots are Node's, those of NODE_EXTRA_CA_CERTS, and the system's, where a company's own authority is usually found.
 * @throws {TypeError} for PEM that cannot be read.
 */
export function secureContext(options: TlsOptions, { identity }: { readonly identity: boolean }): SecureContext {
  const { ca = [], cert, key } = options;
  const shown = identity && (cert !== undefined || key !== undefined);
  roots ??= [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  if (ca.length === 0 && !shown) {
    plain ??= createSecureContext({ ca: [...roots] });
    return plain;
  }
  try {
    return createSecureContext({
      ca: [...roots, ...ca],
      ...(shown && cert !== undefined ? { cert } : {}),
      ...(shown && key !== undefined ? { key } : {}),
    });
  } catch (cause) {
    throw new TypeError("Cannot use the certificates that were given: no PEM, or a key of another certificate", {
      cause,
    });
  }
}
