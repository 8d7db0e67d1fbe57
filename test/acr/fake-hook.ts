import type { Answer, Hook, Next, ServedRequest } from "tranship";
import type { Note } from "./access/token-endpoints.ts";
import type { AcrBehaviour } from "./behaviour.ts";
import type { Clock } from "./clock.ts";
import { Refusal } from "./refusal.ts";
import { type LoggedRequest, logged } from "./request-log.ts";

/** Answers the requests of one of the servers. @throws {Refusal} */
export type Answering = (request: ServedRequest, next: Next, note: Note) => Promise<Answer>;

export interface FakeHookOptions {
  readonly server: LoggedRequest["server"];
  readonly requests: LoggedRequest[];
  readonly behaviour: AcrBehaviour;
  readonly clock: Clock;
}

/** The hook of a server: logs the request, lets a test's script step in, and sends refusals as answers. */
export function fakeHook({ server, requests, behaviour, clock }: FakeHookOptions, answering: Answering): Hook {
  return (request, next) =>
    logged(requests, server, request, async (note) => {
      const own: Next = (altered = request) =>
        settled(() => answering(altered, (asked = altered) => next(asked), note));
      const { intercept } = behaviour;
      const answer = await (intercept === undefined ? own() : intercept(request, own));
      return { ...answer, headers: { ...answer.headers, date: new Date(clock.nowMs()).toUTCString() } };
    });
}

async function settled(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}
