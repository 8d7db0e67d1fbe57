import { constants } from "node:crypto";
import { createSecureContext, getCACertificates, type SecureContext, type SecureContextOptions } from "node:tls";

/** What a TLS connection shows and trusts. */
export interface TlsOptions {
  /** Certificates of authorities, PEM, trusted in addition to the system's. */
  readonly ca?: readonly string[] | undefined;
  /** The client's certificate and key, PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /**
   * `host` or `host:port` of servers that may lack secure renegotiation (RFC 5746), which OpenSSL 3
   * refuses by default: the registry, a host that it leads to, or a proxy. Default: none.
   */
  readonly legacyHosts?: readonly string[] | undefined;
}

/** For which server a context is. */
export interface ContextUse {
  /** Whether it is shown the client's certificate. */
  readonly identity: boolean;
  /** Whether it may lack secure renegotiation. */
  readonly legacy: boolean;
}

let roots: readonly string[] | undefined;
/** Contexts that show nothing, by what they allow, and trust besides the roots. */
const shared = new Map<string, SecureContext>();
const MOST_SHARED = 16;

/**
 * A context for many connections. Reading the roots takes some 60 ms, and parsing them 20, so they are read once, and a context that shows no certificate
 * is shared by all clients of the process that trust the same.
 * The roots are Node's, those of NODE_EXTRA_CA_CERTS, and the system's, where a company's own authority is usually found.
 * @throws {TypeError} for PEM that cannot be read.
 */
export function secureContext(options: TlsOptions, { identity, legacy }: ContextUse): SecureContext {
  const { ca = [], cert, key } = options;
  const shown = identity && (cert !== undefined || key !== undefined);
  roots ??= [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  const lenient = legacy ? { secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT } : {};
  if (shown) {
    const pair = { ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
    return made({ ca: [...roots, ...ca], ...pair, ...lenient });
  }
  const trusted = `${legacy} ${ca.join("\n")}`;
  const known = shared.get(trusted);
  if (known !== undefined) return known;
  const context = made({ ca: [...roots, ...ca], ...lenient });
  if (shared.size >= MOST_SHARED) shared.clear();
  shared.set(trusted, context);
  return context;
}

function made(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (cause) {
    throw new TypeError("Cannot use the certificates that were given: no PEM, or a key of another certificate", {
      cause,
    });
  }
}
