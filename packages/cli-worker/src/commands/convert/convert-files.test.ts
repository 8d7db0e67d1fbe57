import { DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_INDEX, OCI_MANIFEST } from "@tranship/core";
import { describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { parseMirrorFile } from "../../mirror/file/parse-mirror-file.ts";
import { type ConvertOptions, convertFiles } from "./convert-files.ts";

const SECRET = "hunter2";

/** Converts, and holds what comes out to what a mirror file has to be. */
async function convert(text: string | readonly string[], options: ConvertOptions = {}) {
  const texts = typeof text === "string" ? [text] : text;
  const converted = await convertFiles(
    texts.map((one, index) => ({ name: index === 0 ? "their.yml" : `their-${index}.yml`, text: one })),
    options,
  );
  expect(`${converted.text}${converted.notes}`).not.toContain(SECRET);
  const needed = [...converted.text.matchAll(/(?<!\$)\$\{([A-Z0-9_]+)\}/g)].map(([, name = ""]) => name);
  const variables = Object.fromEntries(
    needed.map((name) => [name, name.endsWith("HOST") ? "v.example" : "t.example/x"]),
  );
  const loaded = parseMirrorFile({ text: converted.text, name: "mirror.yaml", folder: "/", variables });
  return { ...converted, document: parse(converted.text), loaded };
}

const REGSYNC = `version: 1
creds:
  - registry: docker.io
    user: "{{env \\"HUB_USER\\"}}"
    pass: "{{file \\"/run/secrets/hub\\"}}"
    reqPerSec: 10
  - registry: registry.example:5000
    tls: disabled
    user: sync
    pass: ${SECRET}
  - registry: gcr.io
    credHelper: docker-credential-gcr
    regcert: '{{file "/etc/certs/gcr.pem"}}'
    blobMax: 10
defaults:
  ratelimit:
    min: 100
    retry: 15m
  parallel: 4
  interval: 60m
  digestTags: true
  referrers: true
  mediaTypes:
    [${[DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_INDEX, OCI_MANIFEST, "application/vnd.example+json"].join(", ")}]
sync:
  - source: busybox:1.36
    target: registry.example:5000/hub/busybox:1.36
    type: image
  - source: alpine
    target: registry.example:5000/hub/alpine
    type: repository
    tags:
      allow:
        - "latest"
        - "3\\\\.\\\\d+"
      deny: [".*-rc\\\\d*"]
    platform: linux/amd64
  - source: "{{ env \\"SOURCE_HOST\\" }}/app"
    target: registry.example:5000/app
    type: repository
    tags:
      semverRange: [">=1.0.0 <2.0.0", ">=4.0.0"]
    platforms: [linux/amd64, linux/arm64]
    referrers: false
  - source: quay.example
    target: registry.example:5000/quay
    type: registry
    repos:
      allow: ["team/.*", "single"]
      deny: ["team/old.*"]
  - source: ocidir:///srv/app
    target: registry.example:5000/app
    type: image
  - source: alpine
    target: registry.example:5000/{{ .Sync.Source }}
    type: repository
    hooks:
      pre: { type: command, params: [x] }
`;

describe("convertFiles() of regsync", () => {
  it("carries over what it can", async () => {
    const { document } = await convert(REGSYNC);

    expect(document).toEqual({
      version: 1,
      schedule: "0 * * * *",
      hosts: {
        "docker.io": {
          credentials: { username: "${HUB_USER}", password: "${DOCKER_IO_PASSWORD}" },
          requestsPerSecond: 10,
        },
        "registry.example:5000": {
          credentials: { username: "${REGISTRY_EXAMPLE_5000_USERNAME}", password: "${REGISTRY_EXAMPLE_5000_PASSWORD}" },
          plainHttp: true,
        },
        "gcr.io": { credentials: { helper: "gcr" }, ca: "/etc/certs/gcr.pem" },
      },
      mirrors: [
        {
          from: "docker.io/library/busybox:1.36",
          to: "registry.example:5000/hub/busybox:1.36",
          referrers: true,
          cosignTags: true,
        },
        {
          from: "docker.io/library/alpine",
          to: "registry.example:5000/hub/alpine",
          tags: { regex: ["latest", "3\\.\\d+"], excludeRegex: [".*-rc\\d*"] },
          platforms: ["linux/amd64"],
          referrers: true,
          cosignTags: true,
        },
        {
          from: "${SOURCE_HOST}/app",
          to: "registry.example:5000/app",
          tags: { semver: ">=1.0.0 <2.0.0 || >=4.0.0" },
          platforms: ["linux/amd64", "linux/arm64"],
          missingPlatforms: "skip",
          sparse: true,
          referrers: false,
          cosignTags: true,
        },
        {
          from: "quay.example/*",
          repositories: ["team/**", "single"],
          excludeRepositories: ["team/old*", "team/old*/**"],
          to: "registry.example:5000/quay/{match}",
          referrers: true,
          cosignTags: true,
        },
      ],
    });
  });

  it("says what it could not, with the line", async () => {
    const { notes } = await convert(REGSYNC);

    expect(notes).toEqual([
      "their.yml:14: blobMax of creds of gcr.io is not carried over",
      "their.yml:16: ratelimit of the defaults is not carried over",
      "their.yml:19: parallel is not carried over: see --concurrency, and concurrency of a host",
      expect.stringMatching(/^their\.yml:51: the sync of ocidir:\/\/\/srv\/app .* is not carried over: .*directory$/),
      expect.stringMatching(/^their\.yml:54: the sync of alpine .* the template in .* has no equal here$/),
      expect.stringMatching(/^their\.yml:57: hooks of the sync of alpine .* is not carried over$/),
    ]);
  });
});

const SKOPEO = `registry.example:5000:
  credentials:
    username: me
    password: ${SECRET}
  tls-verify: false
  images:
    team/redis:
      - "1.0"
      - "2.0"
      - "sha256:${"0".repeat(64)}"
    busybox: []
  images-by-tag-regex:
    nginx: ^1\\.13\\.[12]-alpine-perl$
    apache: "2\\\\.4"
  images-by-semver:
    alpine: ">= 3.12.0, < 4"
quay.io:
  tls-verify: true
  cert-dir: /etc/quay
  images:
    coreos/etcd: [latest]
`;

describe("convertFiles() of skopeo sync", () => {
  it("carries over images, tags, digests and filters", async () => {
    const { document, loaded, notes } = await convert(SKOPEO, { to: "mirror.example/hub" });

    expect(document.hosts).toEqual({
      "registry.example:5000": {
        credentials: { username: "${REGISTRY_EXAMPLE_5000_USERNAME}", password: "${REGISTRY_EXAMPLE_5000_PASSWORD}" },
        insecure: true,
      },
    });
    expect(document.mirrors).toEqual([
      { from: `registry.example:5000/team/redis@sha256:${"0".repeat(64)}`, to: "mirror.example/hub/redis" },
      { from: "registry.example:5000/team/redis", to: "mirror.example/hub/redis", tags: ["1.0", "2.0"] },
      { from: "registry.example:5000/busybox", to: "mirror.example/hub/busybox" },
      {
        from: "registry.example:5000/nginx",
        to: "mirror.example/hub/nginx",
        tags: { regex: ["1\\.13\\.[12]-alpine-perl"] },
      },
      { from: "registry.example:5000/apache", to: "mirror.example/hub/apache", tags: { regex: [".*2\\.4.*"] } },
      { from: "registry.example:5000/alpine", to: "mirror.example/hub/alpine", tags: { semver: ">= 3.12.0 < 4" } },
      { from: "quay.io/coreos/etcd", to: "mirror.example/hub/etcd", tags: ["latest"] },
    ]);
    expect(loaded.file.mirrors).toHaveLength(7);
    expect(notes).toEqual([
      expect.stringMatching(/^their\.yml:5: registry\.example:5000 is asked over TLS, its certificate unchecked/),
      "their.yml:19: cert-dir of quay.io is not carried over: name its files by ca and clientCert",
    ]);
  });

  it("leaves where to, which skopeo's file doesn't say, to a variable", async () => {
    const { document, text } = await convert(SKOPEO);

    expect(document.mirrors[1].to).toBe("${TARGET}/redis");
    expect(text).toContain("TARGET");
  });
});

describe("convertFiles() of image-syncer", () => {
  const AUTH = `{ "quay.io": { "username": "me", "password": "${SECRET}", "insecure": true },
  "registry.example": { "username": "\${SYNC_USER}", "password": "$SYNC_PASSWORD" },
  "quay.io/coreos": { "username": "abc", "password": "${SECRET}" } }`;
  const IMAGES = `quay.io/coreos/etcd:v1.0: registry.example/x/etcd
quay.io/coreos/etcd:v1.0,v2.0: registry.example/x/etcd
quay.io/coreos/proxy: registry.example/x/proxy
quay.io/coreos/proxy:v1.0: registry.example/x/proxy
quay.io/coreos/proxy@sha256:${"1".repeat(64)}: registry.example/x/proxy
quay.io/coreos/flannel:v1.1:
  - registry.example/x/flannel:old
  - registry.example/y/flannel
quay.io/coreos/dex:/v2+/: registry.example/x/dex
nginx: registry.example/x/nginx
busybox: ""
`;
  const MIRRORS = [
    { from: "quay.io/coreos/etcd", to: "registry.example/x/etcd", tags: ["v1.0", "v2.0"] },
    { from: "quay.io/coreos/proxy", to: "registry.example/x/proxy" },
    { from: `quay.io/coreos/proxy@sha256:${"1".repeat(64)}`, to: "registry.example/x/proxy" },
    { from: "quay.io/coreos/flannel:v1.1", to: "registry.example/x/flannel:old" },
    { from: "quay.io/coreos/flannel", to: "registry.example/y/flannel", tags: ["v1.1"] },
    { from: "quay.io/coreos/dex", to: "registry.example/x/dex", tags: { regex: [".*v2+.*"] } },
    { from: "docker.io/library/nginx", to: "registry.example/x/nginx" },
    { from: "docker.io/library/busybox", to: "${TARGET}/busybox" },
  ];

  it("carries over its two files, in JSON and YAML", async () => {
    const { document, notes } = await convert([AUTH, IMAGES]);

    expect(document.hosts).toEqual({
      "quay.io": { credentials: { username: "${QUAY_IO_USERNAME}", password: "${QUAY_IO_PASSWORD}" }, insecure: true },
      "registry.example": { credentials: { username: "${SYNC_USER}", password: "${SYNC_PASSWORD}" } },
    });
    expect(document.mirrors).toEqual(MIRRORS);
    expect(notes).toEqual([
      expect.stringMatching(/^their\.yml:1: quay\.io is asked over TLS/),
      expect.stringMatching(/^their\.yml:3: auth of quay\.io\/coreos is not carried over/),
      "their-1.yml:4: quay.io/coreos/proxy is there already, with all of its tags",
    ]);
  });

  it("carries over its one file", async () => {
    const single = JSON.stringify({
      auth: JSON.parse(AUTH),
      images: { "quay.io/coreos/etcd:v1": "registry.example/x/etcd" },
    });
    expect((await convert(single)).document.mirrors).toEqual([
      { from: "quay.io/coreos/etcd", to: "registry.example/x/etcd", tags: ["v1"] },
    ]);
  });
});

it("convertFiles() of image-syncer puts an image without a target below --to, with its tags", async () => {
  const images = '{ "quay.io/coreos/etcd:v1,v2": null, "a.b/c/d:v1": "", "a.b/c/e": [] }';
  expect((await convert(images, { format: "image-syncer", to: "r.example/mirror" })).document.mirrors).toEqual([
    { from: "quay.io/coreos/etcd", to: "r.example/mirror/etcd", tags: ["v1", "v2"] },
    { from: "a.b/c/d", to: "r.example/mirror/d", tags: ["v1"] },
    { from: "a.b/c/e", to: "r.example/mirror/e" },
  ]);
});

it("convertFiles() of regsync keeps variables in repositories and tags", async () => {
  const env = (name: string): string => `{{env "${name}"}}`;
  const sync = [
    { source: `docker.io/${env("TEAM")}/app-${env("NAME")}`, target: `${env("TARGET_HOST")}/m/${env("NAME")}` },
    { source: `a.b/c:${env("TAG")}`, target: `d.e:5000/c:v${env("MAJOR")}.${env("MINOR")}`, type: "image" },
    { source: `a.b/${env("NAME")}`, target: `d.e/${env("NAME")}`, type: "image" },
  ];
  const { text } = await convertFiles([{ name: "their.yml", text: JSON.stringify({ version: 1, sync }) }]);
  expect(parse(text).mirrors).toEqual([
    { from: "docker.io/${TEAM}/app-${NAME}", to: "${TARGET_HOST}/m/${NAME}" },
    { from: "a.b/c:${TAG}", to: "d.e:5000/c:v${MAJOR}.${MINOR}" },
    { from: "a.b/${NAME}:latest", to: "d.e/${NAME}:latest" },
  ]);
});

it("convertFiles() of skopeo reads keys with a port, a namespace and both", async () => {
  const text =
    "a.b:5000: { images: { c: [] } }\na.b:5000/team/x: { images: { d: [v1] } }\nquay.io/coreos/: { images: { etcd: [] } }";
  expect((await convert(text, { format: "skopeo", to: "r.example/m" })).document.mirrors).toEqual([
    { from: "a.b:5000/c", to: "r.example/m/c" },
    { from: "a.b:5000/team/x/d", to: "r.example/m/d", tags: ["v1"] },
    { from: "quay.io/coreos/etcd", to: "r.example/m/etcd" },
  ]);
});

it("convertFiles() reads each entry once, however many there are", async () => {
  let compared = 0;
  const { stringify } = JSON;
  const spy = vi.spyOn(JSON, "stringify").mockImplementation((...args) => {
    compared += 1;
    return stringify(...(args as Parameters<typeof stringify>));
  });
  const images = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`a.b/c${at}:v1`, `d.e/c${at}`]));
  await convertFiles([{ name: "their.yml", text: stringify(images) }], { format: "image-syncer" });
  spy.mockRestore();
  expect(compared).toBeLessThan(20 * 300);
});

describe("convertFiles() of dregsy", () => {
  const auth = Buffer.from(JSON.stringify({ username: "alex", password: SECRET })).toString("base64");
  const DREGSY = `relay: skopeo
skopeo:
  binary: skopeo
  certs-dir: /etc/skopeo/certs.d
tasks:
  - name: task1
    interval: 60
    verbose: true
    source:
      registry: source.example
      auth: ${auth}
    target:
      registry: "dest.example:5000"
      auth: none
      skip-tls-verify: true
    mappings:
      - from: test/image
        to: archive/test/image
        tags: ["0.1.0", "0.1.1"]
      - from: /test/another
      - from: test/versions
        tags: ["semver: >=1.31.0 <1.31.9", "latest"]
      - from: test/expressions
        tags: ['regex: 1\\.26\\.[0-9]-(glibc|musl)', 'regex: !.*-rc', 'regex: \\pL']
        platform: linux/arm64
      - from: test/narrowed
        tags: ['regex: 1.*', 'keep: 1.2']
      - from: test/foreign
        tags: ['regex: \\pL']
      - from: regex:myproject/.*
        to: ecr
      - from: regex:(a|b)/.*
      - from: jenkins/agent
        to: regex:jenkins/,dh/
  - name: task2
    source: { registry: 123456789012.dkr.ecr.eu-central-1.amazonaws.com, auth-refresh: 10h }
    target: { registry: "dest.example:5000" }
    mappings:
      - from: app
        digests: ["sha256:${"2".repeat(64)}"]
`;

  it("carries over tasks, mappings and filters", async () => {
    const { document, text } = await convert(DREGSY);

    expect(text).not.toContain(auth);
    expect(document.hosts).toEqual({
      "source.example": {
        credentials: { username: "${SOURCE_EXAMPLE_USERNAME}", password: "${SOURCE_EXAMPLE_PASSWORD}" },
      },
      "dest.example:5000": { credentials: "anonymous", insecure: true },
    });
    expect(document.mirrors).toEqual([
      { from: "source.example/test/image", to: "dest.example:5000/archive/test/image", tags: ["0.1.0", "0.1.1"] },
      { from: "source.example/test/another", to: "dest.example:5000/test/another" },
      {
        from: "source.example/test/versions",
        to: "dest.example:5000/test/versions",
        tags: { semver: ">=1.31.0 <1.31.9", names: ["latest"] },
      },
      {
        from: "source.example/test/expressions",
        to: "dest.example:5000/test/expressions",
        tags: { regex: ["1\\.26\\.[0-9]-(glibc|musl)"], excludeRegex: [".*-rc"] },
        platforms: ["linux/arm64"],
      },
      { from: "source.example/myproject/*", to: "dest.example:5000/ecr/{repository}" },
      {
        from: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/app@sha256:${"2".repeat(64)}`,
        to: "dest.example:5000/app",
      },
    ]);
  });

  it("says what it could not, with the line", async () => {
    expect((await convert(DREGSY)).notes).toEqual([
      "their.yml:2: skopeo of the file is not carried over",
      expect.stringMatching(/^their\.yml:24: the entry "regex: \\\\pL" of tags is not carried over/),
      expect.stringMatching(/^their\.yml:26: a mapping .* not carried over: without "keep: 1\.2" more tags/),
      expect.stringMatching(/^their\.yml:27: the entry "keep: 1\.2" of tags is not carried over/),
      expect.stringMatching(/^their\.yml:28: a mapping .* not carried over: nothing of its tags/),
      expect.stringMatching(/^their\.yml:29: the entry "regex: \\\\pL" of tags is not carried over/),
      expect.stringMatching(/^their\.yml:32: a mapping of the task task1 is not carried over: "regex:\(a\|b\)\/\.\*"/),
      expect.stringMatching(/^their\.yml:33: a mapping of the task task1 is not carried over: "regex:jenkins/),
      'their.yml:35: the task task2 has no schedule: it goes by the one of the others, "* * * * *"',
    ]);
  });
});

describe("convertFiles() of schedules", () => {
  const sync = (name: string, rest = ""): string =>
    `  - { source: a.b/${name}, target: c.d/${name}, type: repository${rest} }\n`;
  const regsync = (defaults: string, entries: string): string => `defaults: { ${defaults} }\nsync:\n${entries}`;

  it.each([
    ["an interval", "interval: 15m", "*/15 * * * *", undefined],
    ["an interval of hours", "interval: 6h0m0s", "0 */6 * * *", undefined],
    ["an interval of a day", "interval: 24h", "0 0 * * *", undefined],
    ["an expression", 'schedule: "30 3 * * MON-FRI"', "30 3 * * MON-FRI", undefined],
    ["an expression before an interval", 'interval: 1h, schedule: "@daily"', "@daily", undefined],
    ["a name", 'schedule: "@midnight"', "@midnight", undefined],
    ["@every", 'schedule: "@every 30m"', "*/30 * * * *", undefined],
    ["an interval that is not even", "interval: 90m", "0 * * * *", 'interval 90m becomes "0 * * * *": a cron'],
    ["an interval of seconds", "interval: 30s", "* * * * *", 'interval 30s becomes "* * * * *"'],
    ["@every that is not even", 'schedule: "@every 1h30m"', "0 * * * *", 'schedule "@every 1h30m" becomes'],
    [
      "a time zone",
      'schedule: "CRON_TZ=Asia/Tokyo 0 3 * * *"',
      "0 3 * * *",
      "start tranship sync --watch with TZ=Asia/Tokyo",
    ],
    ["what is no expression", 'schedule: "99 * * * *"', undefined, "Invalid value for minute: 99"],
    ["what is no interval", "interval: often", undefined, "interval often is not carried over: it is no duration"],
    ["an interval of nothing", "interval: 0", undefined, undefined],
  ])("carries over %s of regsync, as far as it can", async (_, defaults, schedule, note) => {
    const { document, notes } = await convert(regsync(defaults, sync("app")));

    expect(document.schedule).toBe(schedule);
    expect(notes).toEqual(note === undefined ? [] : [expect.stringContaining(note)]);
  });

  it("takes the schedule that most entries have, and says of whom it is not", async () => {
    const own = ', schedule: "0 4 * * *"';
    const entries = [sync("a"), sync("b", own), sync("c", own), sync("d", ", interval: 2h")].join("");

    const { document, notes } = await convert(regsync("interval: 1h", entries));
    expect(document.schedule).toBe("0 4 * * *");
    expect(notes).toEqual([
      expect.stringMatching(
        /^their\.yml:3: the schedule of the sync of a\.b\/a .*: a mirror file has one, and it is "0 4/,
      ),
      expect.stringMatching(
        /^their\.yml:6: the schedule of the sync of a\.b\/d .*: a mirror file has one, and it is "0 4/,
      ),
    ]);
  });

  it("says what had none", async () => {
    const { document, notes } = await convert(`sync:\n${sync("a")}${sync("b", ", interval: 1h")}`);
    expect(document.schedule).toBe("0 * * * *");
    expect(notes).toEqual([expect.stringMatching(/^their\.yml:2: the sync of a\.b\/a to c\.d\/a has no schedule/)]);
  });
});

describe("convertFiles()", () => {
  it("refuses what is nobody's, ours, or empty of images", async () => {
    await expect(convert("a: { b: 1 }")).rejects.toThrow(/no file of regsync, skopeo sync, image-syncer or dregsy/);
    await expect(convert('{ "foo": 1 }')).rejects.toThrow(/no file of regsync, skopeo sync, image-syncer or dregsy/);
    await expect(convert("version: 1\nmirrors: []")).rejects.toThrow(/mirror file already/);
    await expect(convert("sync: []")).rejects.toThrow(/no image in it/);
    await expect(convert("sync: [{ source: 'ocidir://x', target: a.b/c }]")).rejects.toThrow(
      /nothing in it can be carried over: their\.yml:1/,
    );
    await expect(convert("a: [")).rejects.toThrow(/^their\.yml:1:/);
  });

  it("says what the mirror file still lacks", async () => {
    const { problems } = await convertFiles([
      { name: "r.yml", text: "sync: [{ source: docker.io, target: a.b/hub, type: registry }]" },
    ]);
    expect(problems.join()).toMatch(/the mirror file:\d+:\d+: .*docker\.io lists no repositories; name them/);
  });

  it.each([
    [
      "regsync, what it allows",
      "sync: [{ source: a.b/c, target: d.e/c, type: repository, tags: { allow: ['\\pL'] } }]",
    ],
    [
      "regsync, what it denies",
      "sync: [{ source: a.b/c, target: d.e/c, tags: { allow: ['1'], deny: ['2', '\\pL'] } }]",
    ],
    ["regsync, repositories", "sync: [{ source: a.b, target: d.e, type: registry, repos: { allow: ['a(b|c)+'] } }]"],
    ["skopeo, a list for a text", "a.b: { images-by-semver: { pg: ['>=12', '>=15'] } }"],
    ["image-syncer, one tag for all", '{ "a.b/c": "d.e/f:v1" }'],
  ])("leaves out what would mean more than it did: %s", async (_, text) => {
    const other = "sync: [{ source: a.b/kept, target: d.e/kept }]";
    const { mirrors } = (await convert([text, other], { to: "d.e/x" })).document;
    expect(mirrors).toEqual([{ from: "a.b/kept", to: "d.e/kept" }]);
    expect((await convert([text, other], { to: "d.e/x" })).notes.join()).toContain("is not carried over");
  });
});
