import { parseChallenges } from "../../../packages/core/src/auth/challenge.ts";
import type { Group } from "../group.ts";

const BEARER =
  'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:team/app:pull,push"';
const SEVERAL = `Negotiate, Basic realm="registry", ${BEARER}, error="insufficient_scope", error_description="a \\"quoted\\" word"`;

/** One comes with each 401. */
export const challenges: Group = {
  name: "challenges",
  title: "WWW-Authenticate",
  cases: {
    "parse one of Bearer": { run: () => parseChallenges(BEARER) },
    "parse three with escapes": { run: () => parseChallenges(SEVERAL) },
  },
};
