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
/** Contexts that show nothing, by what they trust besides the roots. */
const shared = new Map<string, SecureContext>();
const MOST_SHARED = 16;

/**
 * A context for many connections. Reading the roots takes some 60 ms, and parsing them 20, so they are read once, and a context that shows no certificate
 * is shared by all clients of the process that trust the same.
 * The roots are Node's, those of NODE_EXTRA_CA_CERTS, and the system's, where a company's own authority is usually found.
 * @throws {TypeError} for PEM that cannot be read.
 */
export function secureContext(options: TlsOptions, { identity }: { readonly identity: boolean }): SecureContext {
  const { ca = [], cert, key } = options;
  const shown = identity && (cert !== undefined || key !== undefined);
  roots ??= [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  if (shown) return made([...roots, ...ca], { ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) });
  const trusted = ca.join("\n");
  const known = shared.get(trusted);
  if (known !== undefined) return known;
  const context = made([...roots, ...ca]);
  if (shared.size >= MOST_SHARED) shared.clear();
  shared.set(trusted, context);
  return context;
}

function made(ca: string[], identity: Pick<TlsOptions, "cert" | "key"> = {}): SecureContext {
  try {
    return createSecureContext({ ca, ...identity });
  } catch (cause) {
    throw new TypeError("Cannot use the certificates that were given: no PEM, or a key of another certificate", {
      cause,
    });
  }
}
