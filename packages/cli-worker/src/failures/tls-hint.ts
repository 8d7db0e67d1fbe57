/** How the command is told of a registry's TLS, by what a message of core says of it: an authority, a check to skip, no TLS. */
export function tlsHint(message: string): string | undefined {
  if (message.includes("the proxy ")) return proxyHint(message);
  const [, host] = /the certificate of (\S+) is /.exec(message) ?? [];
  if (host !== undefined) return certificateHint(message, `skip the check with --insecure ${host}`);
  const legacy = legacyHost(message);
  if (legacy !== undefined)
    return `that is --legacy-tls ${legacy}, or legacyTls of this host under hosts in a mirror file`;
  const [, plain] = / (\S+) (?:does not speak TLS|closed the connection during the TLS handshake)/.exec(message) ?? [];
  if (plain !== undefined) return `if it is meant to have none, use --plain-http ${plain}`;
  const asked = / (\S+) (?:speaks TLS, and was asked without|does not answer in HTTP; it may speak TLS)/.exec(message);
  return asked === null ? undefined : `leave out --plain-http ${asked[1]}`;
}

function legacyHost(message: string): string | undefined {
  return /; to allow it, list (\S+) in tls\.legacyHosts/.exec(message)?.[1];
}

function certificateHint(message: string, skip: string): string {
  if (message.includes(" is for another name")) return `ask it by that name, or ${skip}`;
  if (message.includes(" of the authorities that were given")) return `check --ca, or ${skip}`;
  return message.includes(" is not trusted") ? `give its CA with --ca, or ${skip}` : skip;
}

/** A proxy is named by a URL in the environment, and no flags say anything of it but `--ca` and `--legacy-tls`. */
function proxyHint(message: string): string | undefined {
  const legacy = legacyHost(message);
  if (legacy !== undefined) return `that is --legacy-tls ${legacy}`;
  if (/the certificate of the proxy \S+ is (?:not trusted|signed by none)/.test(message))
    return "give its CA with --ca";
  if (/ (?:does not speak TLS|closed the connection during the TLS handshake)/.test(message))
    return "if it speaks plain HTTP, its URL begins with http://";
  return undefined;
}
