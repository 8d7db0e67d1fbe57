import { context, propagation, SpanKind, SpanStatusCode, type TextMapPropagator, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BIG, blobOf } from "../../../../test/support/scripted-blobs.ts";
import {
  failed,
  type Script,
  type ScriptedRequest,
  scriptedRegistry,
} from "../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../test/support/scripted-setup.ts";

const exporter = new InMemorySpanExporter();

/** Writes W3C's `traceparent`. */
const traceparent: TextMapPropagator = {
  inject(active, carrier, setter) {
    const { traceId, spanId } = trace.getSpanContext(active) ?? {};
    setter.set(carrier, "traceparent", `00-${traceId}-${spanId}-01`);
  },
  extract: (active) => active,
  fields: () => ["traceparent"],
};

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(traceparent);
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
});
afterEach(() => exporter.reset());
afterAll(() => {
  trace.disable();
  propagation.disable();
  context.disable();
});

function finished(): readonly ReadableSpan[] {
  return exporter.getFinishedSpans();
}

const TAGS: Script = () => ({ status: 200, body: '{"tags":["v1"]}' });

describe("spans of requests", () => {
  it("are client spans below the active one, with the attributes of the semantic conventions", async () => {
    await using setup = await scriptedSetup(TAGS);
    const tracer = trace.getTracer("test");
    const parent = await tracer.startActiveSpan("release", async (span) => {
      await Array.fromAsync(setup.registry.repository("app").tags());
      span.end();
      return span;
    });
    const [span, release] = finished();
    expect(release?.name).toBe("release");
    expect(span).toMatchObject({ name: "GET", kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET } });
    expect(span?.instrumentationScope.name).toBe("@tranship/core");
    expect(span?.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
    const [address, port] = setup.server.host.split(":");
    expect(span?.attributes).toEqual({
      "http.request.method": "GET",
      "url.full": `http://${setup.server.host}/v2/app/tags/list?n=1000`,
      "server.address": address,
      "server.port": Number(port),
      "http.response.status_code": 200,
    });
  });

  it("say which status or failure was an error, and which try it was", async () => {
    let answers = 0;
    const script: Script = async (request) => {
      answers += 1;
      if (answers === 1) return failed(503, "UNAVAILABLE");
      if (answers > 2) return TAGS(request);
      await request.breakAfter(0);
      return "dropped";
    };
    // On a connection that answered before, the break would be taken for one that closed while idle.
    await using setup = await scriptedSetup(
      async (request) => {
        const answer = await script(request);
        return answer === undefined || answer === "dropped"
          ? answer
          : { ...answer, headers: { ...answer.headers, connection: "close" } };
      },
      { sleep: async () => {} },
    );
    await Array.fromAsync(setup.registry.repository("app").tags());
    expect(
      finished().map(({ attributes, status }) => [
        attributes["error.type"],
        attributes["http.request.resend_count"],
        status.code,
      ]),
    ).toEqual([
      ["503", undefined, SpanStatusCode.ERROR],
      ["NETWORK", 1, SpanStatusCode.ERROR],
      [undefined, 2, SpanStatusCode.UNSET],
    ]);
  });

  it("end with the body of the answer, also where it breaks off or is given up", async () => {
    await using setup = await scriptedSetup(undefined, { retry: { attempts: 1 } });
    const blob = blobOf(BIG);
    setup.server.blobs.set(`app@${blob.digest}`, BIG);
    const store = setup.registry.repository("app");
    const pieces = (await store.fetch(blob))[Symbol.asyncIterator]();
    expect(finished()).toEqual([]);
    await pieces.next();
    await pieces.return?.();
    expect(finished()).toMatchObject([{ status: { code: SpanStatusCode.UNSET } }]);
    exporter.reset();
    await using broken = await scriptedSetup(() => ({ status: 200, body: BIG, breakAfter: 1000 }), {
      retry: { attempts: 1 },
    });
    await expect(Array.fromAsync(await broken.registry.repository("app").fetch(blob))).rejects.toThrow();
    expect(finished()).toMatchObject([
      { attributes: { "error.type": "NETWORK" }, status: { code: SpanStatusCode.ERROR } },
    ]);
  });

  it("go along as traceparent to the registry, and to nobody else; URLs lose their secrets", async () => {
    const cdnSaw: ScriptedRequest["headers"][] = [];
    const registrySaw: ScriptedRequest["headers"][] = [];
    const blob = blobOf(BIG);
    await using cdn = await scriptedRegistry(({ headers }) => {
      cdnSaw.push(headers);
      return { status: 200, body: BIG };
    });
    const location = `http://${cdn.host.replace("127.0.0.1", "localhost")}/blob?sig=c4pability`;
    await using setup = await scriptedSetup(({ headers }) => {
      registrySaw.push(headers);
      return { status: 307, headers: { location } };
    });
    await Array.fromAsync(await setup.registry.repository("app").fetch(blob));
    const [first, second] = finished();
    expect(registrySaw[0]?.["traceparent"]).toBe(
      `00-${first?.spanContext().traceId}-${first?.spanContext().spanId}-01`,
    );
    expect(cdnSaw[0]?.["traceparent"]).toBeUndefined();
    expect(second?.attributes["url.full"]).toMatch(/\/blob\?sig=REDACTED$/);
    expect(second?.attributes["server.address"]).toBe("localhost");
  });

  it("are not made where tracing is off", async () => {
    const saw: ScriptedRequest["headers"][] = [];
    await using setup = await scriptedSetup(
      (request) => {
        saw.push(request.headers);
        return TAGS(request);
      },
      { tracing: false },
    );
    await Array.fromAsync(setup.registry.repository("app").tags());
    expect(finished()).toEqual([]);
    expect(saw[0]?.["traceparent"]).toBeUndefined();
  });
});
