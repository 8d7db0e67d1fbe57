import type { LookupAddress } from "node:dns";
import { type AddressKind, addressKind } from "./address.ts";

/**
 * The kinds of address that a registry's own name has resolved to. They decide where the registry
 * may lead. The first DNS answer settles them: a later one can add public addresses only, so that
 * a registry cannot gain access to a private network by changing its own DNS records.
 */
export class OwnAddress {
  readonly #kinds = new Set<AddressKind>();

  constructor(hostname: string) {
    const kind = addressKind(hostname);
    if (kind !== undefined) this.#kinds.add(kind);
  }

  /**
   * Records a DNS answer for the registry's name.
   * @returns the addresses that may be connected to. Loopback, link-local and reserved addresses
   * are left out if the answer has others.
   */
  admit(addresses: readonly LookupAddress[]): readonly LookupAddress[] {
    const ordinary = addresses.filter(({ address }) => isOrdinary(kindOf(address)));
    const isFirst = this.#kinds.size === 0;
    const usable = (ordinary.length > 0 ? ordinary : addresses).filter(
      ({ address }) => isFirst || kindOf(address) === "public" || this.#kinds.has(kindOf(address)),
    );
    for (const { address } of usable) this.#kinds.add(kindOf(address));
    return usable;
  }

  /**
   * Whether the registry may lead to an address of this kind: any may lead to public addresses, one
   * that has no public address to private ones, and only one of the same kind to the others.
   */
  mayLeadTo(kind: AddressKind): boolean {
    if (kind === "public") return true;
    if (this.#kinds.size === 0 || this.#kinds.has("public")) return false;
    return kind === "private" || [...this.#kinds].every((own) => own === kind);
  }
}

/** DNS answers hold addresses only; what is none is refused. */
export function kindOf(address: string): AddressKind {
  return addressKind(address) ?? "reserved";
}

function isOrdinary(kind: AddressKind): boolean {
  return kind === "public" || kind === "private";
}
