import type { CallConnection } from "../../call/call-connection.ts";
import type { CallOptions, RetryPolicy } from "../../call/call-options.ts";
import type { TlsOptions } from "../../call/tls-options.ts";
import type { ClientTimeouts, RegistryTransportOptions } from "./transport-options.ts";

/** What a timer takes, in ms: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** Checks what a client is made with. @throws {TypeError} for options that exclude each other, and authorities that are no PEM. @throws {RangeError} for numbers out of range. */
export function checkTransportOptions(options: RegistryTransportOptions): void {
  const { retry, timeouts, connections, tls } = options;
  checkCallOptions({ retry, timeouts });
  checkDispatcher(options);
  checkPullFloor(options);
  if (connections !== undefined) checkConnections(connections);
  checkAuthorities(tls ?? {});
}

/** Checks what one call says. @throws {TypeError} {RangeError} */
export function checkCallOptions({ retry, timeouts, connection }: CallOptions): void {
  if (retry !== undefined) checkRetryPolicy(retry);
  if (timeouts !== undefined) checkTimeouts(timeouts);
  if (connection !== undefined) checkConnection(connection);
}

/** @throws {RangeError} naming the field that has no sense. */
function checkRetryPolicy(policy: RetryPolicy): void {
  const { attempts = 1, baseDelayMs, maxDelayMs, maxRetryAfterMs } = policy;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new RangeError(`Bad retry.attempts ${attempts}: expected a whole number from 1`);
  }
  checkMs("retry", { baseDelayMs, maxDelayMs, maxRetryAfterMs });
}

/** @throws {RangeError} naming the field that has no sense. */
function checkTimeouts(timeouts: ClientTimeouts): void {
  const { connectMs, headersMs, bodyMs, rateWindowMs, minBytesPerSecond = 0 } = timeouts;
  checkMs("timeouts", { connectMs, headersMs, bodyMs, rateWindowMs });
  if (minBytesPerSecond >= 0 && minBytesPerSecond < Number.POSITIVE_INFINITY) return;
  throw new RangeError(`Bad timeouts.minBytesPerSecond ${minBytesPerSecond}: expected a number from 0`);
}

/** @throws {TypeError} for options that only connections of our own know. */
function checkDispatcher(options: RegistryTransportOptions): void {
  const { dispatcher, tls, insecure, connections, proxy, proxyEnv, timeouts } = options;
  if (dispatcher === undefined) return;
  const theirs = { tls, insecure, connections, proxy, proxyEnv, "timeouts.connectMs": timeouts?.connectMs };
  const given = Object.entries(theirs).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) return;
  throw new TypeError(`Cannot use ${given.join(", ")} with a dispatcher of your own: set it there`);
}

/** OpenSSL passes over text without a certificate in it, and nobody would know that an authority is missing. @throws {TypeError} for what is no PEM. */
function checkAuthorities({ ca = [] }: TlsOptions): void {
  for (const [index, pem] of ca.entries()) {
    if (typeof pem === "string" && pem.includes("-----BEGIN ")) continue;
    throw new TypeError(`Bad tls.ca[${index}]: expected a certificate as PEM text, "-----BEGIN CERTIFICATE-----…"`);
  }
}

/** The same for a call. @throws {TypeError} {RangeError} */
function checkConnection({ dispatcher, connectMs, ...rest }: CallConnection): void {
  checkMs("connection", { connectMs });
  checkAuthorities(rest.tls ?? {});
  const given = Object.entries({ ...rest, connectMs }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (dispatcher === undefined || given.length === 0) return;
  throw new TypeError(`Cannot use ${given.join(", ")} with a dispatcher of your own: set it there`);
}

/** @throws {RangeError} for what is no number of connections. */
function checkConnections(connections: number): void {
  if (Number.isSafeInteger(connections) && connections > 0) return;
  throw new RangeError(`Bad connections ${connections}: expected a whole number from 1`);
}

/** @throws {RangeError} for one that is no count. */
function checkPullFloor({ pullFloor }: Pick<RegistryTransportOptions, "pullFloor">): void {
  if (pullFloor === undefined || (Number.isSafeInteger(pullFloor) && pullFloor >= 0)) return;
  throw new RangeError(`Bad pullFloor ${pullFloor}: expected a whole number from 0`);
}

function checkMs(group: string, fields: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || (value >= 0 && value <= LONGEST_MS)) continue;
    throw new RangeError(`Bad ${group}.${name} ${value}: expected ms from 0 to ${LONGEST_MS}`);
  }
}
