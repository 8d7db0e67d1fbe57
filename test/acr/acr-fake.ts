import type { TokenKind } from "./access/token-mint.ts";
import type { AcrBehaviour } from "./behaviour.ts";
import type { LoggedRequest } from "./request-log.ts";

/** A running fake, on the loopback address. */
export interface AcrFake extends AsyncDisposable {
  /** `https://127.0.0.1:5000` */
  readonly url: string;
  /** `127.0.0.1:5000` */
  readonly host: string;
  /** Where blobs are downloaded from, `https://localhost:5002`. */
  readonly storageUrl: string;
  /** Entra's URL, for `AZURE_AUTHORITY_HOST`. Instance discovery has to be off. */
  readonly authorityHost: string;
  /** PEM: who signed the certificates of all three servers. */
  readonly caFile: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly adminUser: string;
  readonly adminPassword: string;
  /** What Azure's clients, the samples and the command read from the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every request to one of the servers, in the order of their answers. */
  readonly requests: LoggedRequest[];
  /** To be changed while it runs. */
  readonly behaviour: AcrBehaviour;
  /** Makes the tokens of a kind that were given away worthless. */
  revoke(kind: TokenKind): void;
  /** Stops it, and removes what was stored. */
  close(): Promise<void>;
}
