import type { SessionLedger } from "./session-ledger.ts";

/** Sessions that are on a target's disk, and that nobody can cancel. */
export interface ClosedSessions {
  /**
   * Sessions whose newest Location was answered to nobody: the connection was broken, or the
   * process killed before it did anything with it. Nobody can cancel them.
   */
  readonly unheard: number;
  /**
   * Sessions that the target has forgotten by itself, since their connection was broken (404), and
   * whose files it purges later.
   */
  readonly forgotten: number;
}

/**
 * Of sessions that are on a target's disk, how many are nobody's doing. @throws {Error} for one
 * that the client used and left open.
 */
export async function expectClosed(
  host: string,
  sessions: readonly string[],
  ledger: SessionLedger,
): Promise<ClosedSessions> {
  let [unheard, forgotten] = [0, 0];
  for (const session of sessions) {
    const location = ledger.location(session);
    const { pathname, search } = new URL(location ?? "/", `http://${host}`);
    const status = location === undefined ? undefined : (await fetch(`http://${host}${pathname}${search}`)).status;
    if (status === 404) forgotten += 1;
    else if (!ledger.usedNewest(session)) unheard += 1;
    else
      throw new Error(
        `An upload was left open at the target, which answers ${status} for it: ${ledger.history(session).join(", ")}`,
      );
  }
  return { unheard, forgotten };
}
