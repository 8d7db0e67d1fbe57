import { PRUNE_OWNERSHIPS } from "@tranship/copy";
import { z } from "zod";
import { SIZE } from "../../arguments/parse-size.ts";

/**
 * The form of a mirror file, from which its JSON Schema is made too. What is wrong is said by a schema's `error`: what was expected there, as in "a whole number from 1";
 * for unknown keys, the keys that there are, joined by blanks.
 */
function section<S extends z.core.$ZodShape>(expected: string, shape: S): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape, {
    error: ({ code }) => (code === "unrecognized_keys" ? Object.keys(shape).join(" ") : expected),
  });
}

function text(expected: string, pattern = /\S/): z.ZodString {
  return z.string({ error: expected }).regex(pattern, { error: expected });
}

function whole(expected: string, least: number, most: number): z.ZodInt {
  return z.int({ error: expected }).min(least, { error: expected }).max(most, { error: expected });
}

/** One or several. */
function oneOrMore<T extends z.ZodType>(entry: T, expected: string): z.ZodUnion<[T, z.ZodArray<T>]> {
  return z.union([entry, z.array(entry, { error: expected }).min(1, { error: expected })], {
    error: expected,
  });
}

function list<T extends z.ZodType>(entry: T, expected: string): z.ZodArray<T> {
  return z.array(entry, { error: expected }).min(1, { error: expected });
}

const yesOrNo = z.boolean({ error: "true or false" });
const HOST = "a host: HOST or HOST:PORT";
const FILE = "the path of a file";

const SOME_BYTES = "bytes, such as 50MB, 512KiB or 1000000";
const someBytes = z.union(
  [
    z.int({ error: SOME_BYTES }).min(1, { error: "at least 1" }).max(1e15, { error: "at most 1e15" }),
    z.string().regex(SIZE, { error: "a size, such as 50MB or 512KiB" }),
  ],
  { error: SOME_BYTES },
);

const COUNT = "a whole number from 1";
const lists = section("limits of lists: pages, names, bytes, pageBytes", {
  pages: whole(COUNT, 1, 1e12).optional().meta({ description: "Pages of a list. Default: 10000." }),
  names: whole(COUNT, 1, 1e12).optional().meta({ description: "Tags or repositories in a list. Default: 500000." }),
  bytes: someBytes.optional().meta({ description: "Bytes of a list. Default: 256MiB." }),
  pageBytes: someBytes.optional().meta({ description: "Bytes of a page. Default: 32MiB." }),
}).meta({ description: "How much of a list is read. A longer one fails, and nothing is deleted on it." });

const bytesPerSecond = z
  .union(
    [
      z.number({ error: "bytes" }).min(1, { error: "at least 1" }).max(1e15, { error: "at most 1e15" }),
      z.string().regex(SIZE, { error: "a size, such as 50MB or 512KiB" }),
    ],
    { error: "bytes in a second, such as 50MB, 512KiB or 1000000" },
  )
  .meta({ description: "The most bytes in a second, for reading and for writing apart: 50MB, 512KiB, 1000000." });

const RATE = "a number from 0.01 to 100000";
const limits = {
  requestsPerSecond: z
    .number({ error: RATE })
    .min(0.01, { error: RATE })
    .max(100_000, { error: RATE })
    .optional()
    .meta({ description: "The most requests in a second." }),
  bytesPerSecond: bytesPerSecond.optional(),
  concurrency: whole("a whole number from 1 to 1000", 1, 1000)
    .optional()
    .meta({ description: "The most requests in flight." }),
};

export const TIME: RegExp = /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/;
export const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const limitWindow = section("a window: since, until, and limits", {
  since: text('a time of the day, such as "08:00"', TIME).meta({ description: "When it begins, local time." }),
  until: text('a time of the day, such as "18:00"', TIME).meta({
    description: "When it ends; a time that is not after `since` is one of the next day.",
  }),
  days: list(z.enum(DAYS, { error: `one of ${DAYS.join(", ")}` }), "a list of days: [mon, tue]")
    .optional()
    .meta({ description: "The days on which it begins. Default: all." }),
  ...limits,
});

const credentials = z
  .union(
    [
      section("a user and a password", {
        username: text("a user name"),
        password: text("a password, best from a variable of the environment"),
      }),
      section("a token", { token: text("a token, best from a variable of the environment") }),
      section("a helper", { helper: text("the name after docker-credential-", /^[A-Za-z0-9][A-Za-z0-9._-]*$/) }),
      z.literal("anonymous", { error: "the word anonymous" }),
    ],
    { error: "username and password, or token, or helper, or the word anonymous" },
  )
  .meta({
    description:
      "Whom the host is asked as. Without it: what the files of docker and podman, the environment and the clouds have.",
  });

const CREATE = 'true, or a command with its arguments: [./create-project, "{repository}"]';

const host = section("a map of settings: credentials, ca, …", {
  credentials: credentials.optional(),
  ca: text(FILE).optional().meta({ description: "Certificates to trust, in PEM. Relative to this file." }),
  clientCert: section("cert and key, two files", { cert: text(FILE), key: text(FILE) })
    .optional()
    .meta({ description: "A client certificate and its key, in PEM. Relative to this file." }),
  insecure: yesOrNo.optional().meta({ description: "Take any certificate." }),
  plainHttp: yesOrNo.optional().meta({ description: "Ask over http." }),
  legacyTls: yesOrNo.optional().meta({ description: "Allow a server without secure renegotiation (RFC 5746)." }),
  allowRedirectTo: list(text(HOST), "a list of hosts").optional().meta({
    description: "Hosts that this registry may redirect to at an address of any kind, such as a private one.",
  }),
  allowHttpRedirectTo: list(text(HOST), "a list of hosts")
    .optional()
    .meta({ description: "Hosts that this registry may redirect to over http, although it is requested over https." }),
  mirrors: list(text(HOST), "a list of hosts")
    .optional()
    .meta({ description: "Hosts to read from, in this order, where this one can't answer." }),
  create: z
    .union([z.literal(true, { error: "true" }), list(text("a command or an argument"), CREATE)], { error: CREATE })
    .optional()
    .meta({
      description:
        "How repositories that are missing are made before the first push: true for Amazon ECR by its own API; else a command with its arguments, where {host} and {repository} stand for the repository.",
    }),
  ...limits,
  minBytesPerSecond: z
    .union([z.literal(0), someBytes], { error: "bytes in a second, such as 1KB; 0 for any" })
    .optional()
    .meta({
      description:
        "A body that comes more slowly, over 60 s of waiting for it, is given up: 1KB; 0 never. Default: 1KB.",
    }),
  lists: lists.optional(),
  windows: list(limitWindow, "a list of windows")
    .optional()
    .meta({ description: "Other limits at some hours; the first window that the time is in counts." }),
});

const GLOB = "a glob, such as 3.*, or a list of them";
const globs = oneOrMore(text("a glob"), GLOB);
const REGEX = "a regular expression for the whole tag, or a list of them";

const filters = section("a tag, a list of tags, or filters: glob, regex, semver, newest, newerThan, exclude, …", {
  names: oneOrMore(text("a tag"), "a tag, or a list of tags")
    .optional()
    .meta({ description: "Tags that are copied whatever the filters say. They are not looked for in a list." }),
  glob: globs.optional().meta({ description: "Tags that fit one of these globs." }),
  regex: oneOrMore(text("a regular expression"), REGEX)
    .optional()
    .meta({ description: "Tags that as a whole fit one of these regular expressions." }),
  semver: text("a range of versions, such as >=3.18 <4").optional().meta({
    description: "Tags that are versions in this range: >=3.18 <4. Pre-releases only where the range names them.",
  }),
  exclude: globs.optional().meta({ description: "Tags that fit one of these globs are left out, whatever else fits." }),
  excludeRegex: oneOrMore(text("a regular expression"), REGEX)
    .optional()
    .meta({ description: "As `exclude`, by regular expressions." }),
  newest: whole("a whole number from 1", 1, 1_000_000)
    .optional()
    .meta({ description: "The newest of what is left: by version where there is `semver`, else by time." }),
  newerThan: text("an age such as 30d (m, h, d, w), or a date such as 2026-01-31")
    .optional()
    .meta({ description: "Only what is newer than an age (90m, 12h, 30d, 8w) or a date (2026-01-31)." }),
  by: z.literal("created", { error: "the word created" }).optional().meta({
    description:
      "Where the times for `newest` and `newerThan` are from: `created` reads each image's config. Default: the registry's list.",
  }),
  immutable: globs.optional().meta({ description: "Tags that never move: one that the target has is not asked for." }),
});

const tags = z
  .union([text("a tag or a glob"), list(text("a tag or a glob, in quotes"), "a list of tags"), filters], {
    error: "a tag, a list of tags, or filters: glob, regex, semver, newest, newerThan, exclude, …",
  })
  .meta({ description: "Which tags. Default: all, but never those made of a digest (sha256-…)." });

const PLATFORMS = "a platform, or a list of them, such as [linux/amd64, linux/arm64], or the word all";
const platforms = z
  .union(
    [
      text(PLATFORMS, /^(?:all|[^/\s]+\/\S+)$/),
      list(text("a platform, such as linux/amd64"), "a list of platforms, such as [linux/amd64, linux/arm64]"),
    ],
    { error: PLATFORMS },
  )
  .meta({ description: "Only these platforms; the index is rewritten to them. Default: all, untouched." });

const prune = z
  .union(
    [
      z.boolean({ error: "true or false" }),
      section("true, false, or maxDelete and ownership", {
        maxDelete: whole("a whole number from 1", 1, 1_000_000).optional(),
        ownership: z.enum(PRUNE_OWNERSHIPS, { error: "record or pattern" }).optional().meta({
          description:
            "Which tags are the mirror's own: record: those that it is recorded to have written, or found equal to their source; pattern: all that fit its tags. Default: record.",
        }),
      }),
    ],
    { error: "true, false, or maxDelete: N and ownership: record or pattern" },
  )
  .meta({
    description:
      "Delete the mirror's own tags at the target that are no longer chosen; at most maxDelete (default 50) in a run, else none.",
  });

const settings = {
  tags: tags.optional(),
  platforms: platforms.optional(),
  sparse: yesOrNo.optional().meta({
    description:
      "With `platforms`: keep the index as it is and copy those platforms alone. Most registries refuse that.",
  }),
  missingPlatforms: z.enum(["fail", "skip"], { error: "fail or skip" }).optional().meta({
    description:
      "With `platforms`: whether an image that lacks some of them fails, or those that it has are copied. One that has none fails always. Default: fail.",
  }),
  referrers: yesOrNo
    .optional()
    .meta({ description: "Copy signatures, SBOMs and whatever else names an image as its subject. Default: false." }),
  cosignTags: yesOrNo.optional().meta({
    description: "Copy what cosign keeps under tags made of a digest: sha256-….sig, .att, .sbom. Default: false.",
  }),
  prune: prune.optional(),
};

const NAMES = "a repository, or a list of them, such as [alpine, busybox] or [team-*]";
const mirror = section("a mirror: from, to, …", {
  from: text("a repository: HOST/REPOSITORY, with :TAG or @DIGEST for one image, with * for many").meta({
    description:
      "What to copy: HOST/REPOSITORY, HOST/NAMESPACE/*, HOST/*, HOST/REPOSITORY:TAG, HOST/REPOSITORY@DIGEST.",
  }),
  to: oneOrMore(text("a repository: HOST/REPOSITORY, perhaps with {match}"), "a repository, or a list of them").meta({
    description:
      "Where to: HOST/REPOSITORY[:TAG], with {repository}, {match}, {tag} and {host} for those of the source.",
  }),
  repositories: oneOrMore(text("a repository or a glob"), NAMES).optional().meta({
    description:
      "What the * of `from` stands for: names, which are looked up nowhere, or globs, which choose from the catalogue.",
  }),
  excludeRepositories: oneOrMore(text("a glob"), "a glob, or a list of them")
    .optional()
    .meta({ description: "Of the repositories, none that fits one of these globs." }),
  ...settings,
});

const NAME = "a name of letters, digits, dots, dashes and underscores";

export const documentSchema = section("a mirror file: version, name, schedule, hosts, defaults, mirrors", {
  version: z.literal(1, { error: "1" }).meta({ description: "The version of this format." }),
  name: text(NAME, /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
    .optional()
    .meta({
      description:
        "Names the file in the record of the tags that its mirrors own. Default: its absolute path; stdin has none, and owns nothing without a name.",
    }),
  schedule: text('a cron expression, such as "0 3 * * *"').optional().meta({
    description: "When `tranship sync --watch` carries the file out, a cron expression: five fields, local time.",
  }),
  hosts: z
    .record(z.string(), host, { error: "a map of hosts" })
    .optional()
    .meta({ description: "By HOST or HOST:PORT: how it is reached, and what it may be asked." }),
  defaults: section("a map of settings for all mirrors: tags, platforms, …", settings)
    .optional()
    .meta({ description: "What every mirror has that doesn't say it itself." }),
  mirrors: list(mirror, "a list of mirrors").meta({ description: "What is kept in step with what." }),
}).meta({ title: "tranship mirror file", description: "Which repositories tranship keeps in step, and how." });

/** A mirror file by its form alone. */
export type MirrorDocument = z.infer<typeof documentSchema>;
export type HostDocument = z.infer<typeof host>;
export type MirrorEntry = z.infer<typeof mirror>;
export type TagsDocument = z.infer<typeof tags>;
