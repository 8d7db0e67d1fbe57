import type { Principals } from "./principals.ts";
import type { TokenMint } from "./token-mint.ts";

/** The user name that goes with a refresh token as password: what `az acr login` gives to docker. */
const REFRESH_TOKEN_USER = "00000000-0000-0000-0000-000000000000";

/** The name of whose credentials a Basic header carries; undefined where they are wrong. */
export function basicPrincipal(header: string, principals: Principals, mint: TokenMint): string | undefined {
  const decoded = Buffer.from(header.replace(/^basic /i, ""), "base64").toString();
  const colon = decoded.indexOf(":");
  if (colon < 0) return undefined;
  return passwordPrincipal(decoded.slice(0, colon), decoded.slice(colon + 1), principals, mint);
}

/** As `basicPrincipal`, of credentials that came in a form. */
export function passwordPrincipal(
  username: string,
  password: string,
  principals: Principals,
  mint: TokenMint,
): string | undefined {
  if (username === REFRESH_TOKEN_USER) {
    const token = mint.find("refresh", password);
    return token === "expired" ? undefined : token?.subject;
  }
  return principals.hasPassword(username, password) ? username : undefined;
}
