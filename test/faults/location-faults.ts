import { bringsBytes, type Fault, refusal, withHeaders } from "./fault.ts";

/** Where uploads are said to go on. */
export const LOCATION_FAULTS: readonly Fault[] = [
  {
    name: "a relative Location",
    row: "location",
    copes: "it is resolved against the URL that gave it",
    at: "target",
    script:
      ({ hit }) =>
      async (request, next) => {
        const answer = await next();
        const location = answer.headers?.["location"];
        if (request.route.kind !== "uploads" || answer.status !== 202 || location === undefined) return answer;
        hit("relative");
        return withHeaders(answer, { location: `../uploads/${location.split("/").at(-1)}` });
      },
  },
  {
    name: "a Location with a signed query",
    row: "location",
    copes: "the query is sent as it was given, `digest` behind it",
    at: "target",
    script:
      ({ hit }) =>
      async (request, next) => {
        const { route, query } = request;
        if (route.kind === "upload") {
          const signed = [...query.entries()].slice(0, 2).join(" ");
          if (signed !== "_state,a/b~c= sig,x+y") return refusal(403, "DENIED", "the signature does not match");
          hit("signed");
        }
        const answer = await next();
        const location = answer.headers?.["location"];
        if (!["uploads", "upload"].includes(route.kind) || location === undefined || answer.status === 201)
          return answer;
        return withHeaders(answer, { location: `${location}?_state=a%2Fb~c%3D&sig=x%2By` });
      },
  },
  {
    name: "a Location on another host",
    row: "nexus-location",
    copes: "it is followed, without the credentials of the first host",
    at: "target",
    script:
      ({ hit, otherAddress }) =>
      async (request, next) => {
        const answer = await next();
        const location = answer.headers?.["location"];
        if (request.route.kind !== "uploads" || answer.status !== 202 || location === undefined) return answer;
        hit("elsewhere");
        return withHeaders(answer, { location: `http://${otherAddress()}${location}` });
      },
  },
  {
    name: "a Location that leads to another protocol",
    row: "nexus-location",
    copes: "refused: only http and https are followed, and http only where the registry speaks it",
    at: "target",
    ends: { code: "REDIRECT_REFUSED", says: /the Location is refused: it leads to ftp:/, leavesUploads: true },
    script:
      ({ hit }) =>
      async (request, next) => {
        const answer = await next();
        if (request.route.kind !== "uploads" || answer.status !== 202) return answer;
        hit("ftp");
        return withHeaders(answer, { location: "ftp://registry.example/upload" });
      },
  },
  {
    name: "a new Location with each chunk",
    row: "location",
    copes: "the newest is used",
    at: "target",
    script: ({ hit }) => {
      const newest = new Map<string, string>();
      let count = 0;
      return async (request, next) => {
        const { route, query } = request;
        if (route.kind === "upload" && query.get("state") !== newest.get(route.session)) {
          return refusal(404, "BLOB_UPLOAD_UNKNOWN", "this state of the upload is over");
        }
        if (bringsBytes(request) && Number(request.headers["content-length"]) > 8 * 1024 * 1024) {
          return { status: 413 };
        }
        const answer = await next();
        const location = answer.headers?.["location"];
        if (!["uploads", "upload"].includes(route.kind) || location === undefined || answer.status === 201)
          return answer;
        count += 1;
        newest.set(location.split("/").at(-1) ?? "", String(count));
        hit("new");
        return withHeaders(answer, { location: `${location}?state=${count}` });
      };
    },
  },
];
