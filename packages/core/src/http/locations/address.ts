import { BlockList, isIP } from "node:net";

/**
 * What kind of network an address belongs to.
 * - `loopback`: this machine, with the unspecified addresses, which reach it too.
 * - `link-local`: the local link, with the metadata services of the clouds.
 * - `private`: RFC 1918, RFC 6598, unique local and site-local addresses, and 198.18.0.0/15,
 *   which DNS proxies use for their own addresses.
 * - `reserved`: multicast, tunnels and other ranges where no registry is found.
 */
export type AddressKind = "public" | "private" | "loopback" | "link-local" | "reserved";

type Network = readonly [network: string, prefix: number];

interface Ranges {
  /** An IPv6 address that embeds one of these is of the same kind. */
  readonly ipv4: readonly Network[];
  readonly ipv6: readonly Network[];
}

const LOOPBACK_RANGES: Ranges = { ipv4: [["127.0.0.0", 8]], ipv6: [["::1", 128]] };

/** The first kind that has the address counts. */
const KINDS: readonly (readonly [kind: AddressKind, list: BlockList])[] = [
  [
    "loopback",
    listOf({
      ipv4: [["0.0.0.0", 8], ...LOOPBACK_RANGES.ipv4],
      ipv6: [["::", 128], ...LOOPBACK_RANGES.ipv6],
    }),
  ],
  [
    "link-local",
    listOf({
      ipv4: [
        ["169.254.0.0", 16],
        // The metadata services of Azure, Alibaba Cloud and Oracle Cloud.
        ["168.63.129.16", 32],
        ["100.100.100.200", 32],
        ["192.0.0.192", 32],
      ],
      ipv6: [
        ["fe80::", 10],
        // Those of AWS and Google Cloud.
        ["fd00:ec2::", 32],
        ["fd20:ce::254", 128],
      ],
    }),
  ],
  [
    "private",
    listOf({
      ipv4: [
        ["10.0.0.0", 8],
        ["100.64.0.0", 10],
        ["172.16.0.0", 12],
        ["192.168.0.0", 16],
        ["198.18.0.0", 15],
      ],
      ipv6: [
        ["fc00::", 7],
        ["fec0::", 10],
      ],
    }),
  ],
  [
    "reserved",
    listOf({
      ipv4: [
        ["192.0.0.0", 24],
        ["224.0.0.0", 4],
        ["240.0.0.0", 4],
      ],
      ipv6: [
        // IPv4-compatible, local NAT64, discard-only, Teredo, 6to4, multicast.
        ["::", 96],
        ["64:ff9b:1::", 48],
        ["100::", 64],
        ["2001::", 32],
        ["2002::", 16],
        ["ff00::", 8],
      ],
    }),
  ],
];

const LOOPBACK: BlockList = listOf(LOOPBACK_RANGES);

/**
 * The host name of a URL as sockets want it: an IPv6 address without its brackets, a name without
 * the root's dot.
 */
export function bareHostname(hostname: string): string {
  return hostname
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}

/** Whether the host is this machine by its name: localhost, 127.0.0.0/8, ::1. */
export function isLoopbackHost(hostname: string): boolean {
  const bare = bareHostname(hostname);
  return bare === "localhost" || isIn(LOOPBACK, bare);
}

/**
 * The kind of an address, or of `localhost` and the names below it. Undefined for other names.
 * An address that embeds an IPv4 address (mapped, translated, NAT64, 6to4) is at least as
 * restricted as that one.
 */
export function addressKind(hostname: string): AddressKind | undefined {
  const bare = bareHostname(hostname).replace(/%.*$/, "");
  if (bare === "localhost" || bare.endsWith(".localhost")) return "loopback";
  if (isIP(bare) === 0) return undefined;
  return KINDS.find(([, list]) => isIn(list, bare))?.[0] ?? "public";
}

/** Whether the host is an address that is not public, or `localhost`. False for other names. */
export function isPrivateAddress(hostname: string): boolean {
  const kind = addressKind(hostname);
  return kind !== undefined && kind !== "public";
}

function isIn(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? "ipv6" : "ipv4");
}

/** `BlockList` itself checks IPv4-mapped addresses against the IPv4 ranges. */
function listOf({ ipv4, ipv6 }: Ranges): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ipv6) list.addSubnet(network, prefix, "ipv6");
  for (const [network, prefix] of ipv4) {
    list.addSubnet(network, prefix, "ipv4");
    // IPv4-compatible (RFC 4291, 2.5.5.1), IPv4-translated (RFC 2765, 2.1), NAT64 (RFC 6052, 2.1).
    for (const before of ["::", "::ffff:0:", "64:ff9b::"]) {
      list.addSubnet(`${before}${network}`, 96 + prefix, "ipv6");
    }
    list.addSubnet(`2002:${hexGroups(network)}::`, 16 + prefix, "ipv6");
  }
  return list;
}

/** `10.0.0.1` as `a00:1`, for 6to4 (RFC 3056, 2). */
function hexGroups(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
