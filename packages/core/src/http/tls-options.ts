import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/** What a TLS connection shows and trusts. */
export interface TlsOptions {
  /** Certificates of authorities, PEM, trusted in addition to the system's. */
  readonly ca?: readonly string[] | undefined;
  /** The client's certificate and key, PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * A context for many connections: reading the roots takes some 10 ms, so it is done once.
 * The roots are Node's, those of NODE_EXTRA_CA_CERTS, and the system's, where a company's own authority is usually found.
 * @throws {TypeError} for PEM that cannot be read.
 */
export function secureContext(options: TlsOptions, { identity }: { readonly identity: boolean }): SecureContext {
  const { ca = [], cert, key } = options;
  try {
    return createSecureContext({
      ca: [...getCACertificates("default"), ...getCACertificates("system"), ...ca],
      ...(identity && cert !== undefined ? { cert } : {}),
      ...(identity && key !== undefined ? { key } : {}),
    });
  } catch (cause) {
    throw new TypeError(
      "Cannot use the certificates that were given: they are no PEM, or certificate and key do not match",
      { cause },
    );
  }
}
