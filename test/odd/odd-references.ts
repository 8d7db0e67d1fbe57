import { createHash } from "node:crypto";
import { scriptedRegistry } from "../support/scripted-registry.ts";
import { type Observation, type OddCase, type Program, readManifest, runProgram } from "./run-program.ts";

const MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json";
const BYTES = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: hash("sha256", "{}"), size: 2 },
    layers: [],
  }),
);
const SHA256 = hash("sha256", BYTES);
const SHA512 = hash("sha512", BYTES);

function hash(algorithm: string, bytes: string | Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/**
 * A reference, and what most programs ask for: `HOST REPOSITORY REFERENCE` of the first manifest.
 * "refused" where a program asks for none. Others are named beside.
 */
function row(reference: string, usual: string, others: Partial<Omit<OddCase, "title">> = {}): OddCase {
  const same = { tranship: usual, crane: usual, skopeo: usual, regctl: usual, oras: usual };
  return { title: reference, ...same, ...others };
}

export const ODD_REFERENCES: readonly OddCase[] = [
  row("r.example/app:v1", "r.example app v1"),
  row("r.example/app", "r.example app latest", { oras: "refused" }),
  row("r.example:5000/app:v1", "r.example:5000 app v1"),
  row("my_registry:5000/app:v1", "my_registry:5000 app v1", { skopeo: "refused", regctl: "refused" }),
  row("my_registry.example/app:v1", "my_registry.example app v1", { skopeo: "refused", regctl: "refused" }),
  row("r.example./app:v1", "r.example. app v1", { skopeo: "refused" }),
  row("r.example.:5000/app:v1", "r.example.:5000 app v1", { skopeo: "refused" }),
  row("R.Example/app:v1", "R.Example app v1", { tranship: "r.example app v1" }),
  row("r.example/App:v1", "refused", { says: 'it must be lower case: write "app"' }),
  row("r.example/app:V1", "r.example app V1"),
  row("r.example/app:_v1", "r.example app _v1"),
  row("r.example/app:-v1", "refused", { crane: "r.example app -v1", says: 'the first a letter, a digit or "_"' }),
  row(`r.example/app:${"v".repeat(128)}`, `r.example app ${"v".repeat(128)}`),
  row(`r.example/app:${"v".repeat(129)}`, "refused", { says: "at most 128 are allowed" }),
  row("[2001:db8::1]:5000/app:v1", "[2001:db8::1]:5000 app v1", { skopeo: "refused" }),
  row("[2001:db8::1]/app:v1", "[2001:db8::1] app v1", { skopeo: "refused" }),
  row("2001:db8::1/app:v1", "refused", { says: 'Bad host "2001:db8::1"' }),
  row("192.0.2.1:5000/app:v1", "192.0.2.1:5000 app v1"),
  row("r.example:80/app:v1", "r.example:80 app v1", { tranship: "r.example app v1" }),
  row("r.example:0/app:v1", "r.example:0 app v1", {
    tranship: "refused",
    says: 'port "0" is no number from 1 to 65535',
  }),
  row("r.example:65536/app:v1", "refused", { says: 'port "65536" is no number from 1 to 65535' }),
  row("r.example:/app:v1", "refused", {
    crane: "r.example app v1",
    oras: "r.example app v1",
    says: 'Bad location "r.example:/app:v1"',
  }),
  row("xn--bcher-kva.example/app:v1", "xn--bcher-kva.example app v1"),
  row("bücher.example/app:v1", "refused", {
    crane: "xn--bcher-kva.example app v1",
    oras: "xn--bcher-kva.example app v1",
    says: 'Bad host "bücher.example"',
  }),
  row("alpine", "registry-1.docker.io library/alpine latest", {
    crane: "index.docker.io library/alpine latest",
    oras: "refused",
  }),
  row("alpine:3.20", "registry-1.docker.io library/alpine 3.20", {
    crane: "index.docker.io library/alpine 3.20",
    oras: "refused",
  }),
  row("bitnami/redis:7", "registry-1.docker.io bitnami/redis 7", {
    crane: "index.docker.io bitnami/redis 7",
    oras: "bitnami redis 7",
  }),
  row("docker.io/alpine:3.20", "registry-1.docker.io library/alpine 3.20", {
    crane: "index.docker.io library/alpine 3.20",
    oras: "registry-1.docker.io alpine 3.20",
  }),
  row("docker.io/library/alpine:3.20", "registry-1.docker.io library/alpine 3.20", {
    crane: "index.docker.io library/alpine 3.20",
  }),
  row("index.docker.io/alpine:3.20", "registry-1.docker.io library/alpine 3.20", {
    crane: "index.docker.io library/alpine 3.20",
    oras: "index.docker.io alpine 3.20",
  }),
  row("index.docker.io/library/alpine:3.20", "registry-1.docker.io library/alpine 3.20", {
    crane: "index.docker.io library/alpine 3.20",
    oras: "index.docker.io library/alpine 3.20",
  }),
  row("registry-1.docker.io/alpine:3.20", "registry-1.docker.io alpine 3.20", {
    regctl: "registry-1.docker.io library/alpine 3.20",
  }),
  row("library/alpine:3.20", "registry-1.docker.io library/alpine 3.20", {
    crane: "index.docker.io library/alpine 3.20",
    oras: "library alpine 3.20",
  }),
  row("r.example/library/alpine:3.20", "r.example library/alpine 3.20"),
  row("r.example/a__b/c--d/e.f:v1", "r.example a__b/c--d/e.f v1"),
  row("r.example/a___b:v1", "refused", { crane: "r.example a___b v1", says: 'Bad repository "a___b"' }),
  row("r.example/a..b:v1", "refused", { crane: "r.example a..b v1", says: 'Bad repository "a..b"' }),
  row("r.example/_a:v1", "refused", { crane: "r.example _a v1", says: 'Bad repository "_a"' }),
  row("r.example//app:v1", "refused", { crane: "r.example /app v1", says: "it has an empty part" }),
  row("r.example/app/:v1", "refused", { crane: "r.example app/ v1", says: "it has an empty part" }),
  row("r.example/app:", "refused", { says: "it is empty" }),
  row("https://r.example/app:v1", "refused", { says: "an image has no URL" }),
  row("anna:secret@r.example/app:v1", "refused", { says: "leave out the credentials" }),
  row(`r.example/app@${SHA256}`, `r.example app ${SHA256}`),
  row(`r.example/app@${SHA512}`, `r.example app ${SHA512}`),
  row(`r.example/app:v1@${SHA256}`, `r.example app ${SHA256}`, {
    tranship: "refused",
    skopeo: "refused",
    says: "it has both a tag and a digest",
  }),
  row(`r.example/app@${SHA256.toUpperCase()}`, "refused", {
    regctl: `r.example app ${SHA256.toUpperCase()}`,
    says: 'algorithm "SHA256"',
  }),
  row("r.example/app@sha256:abc", "refused", { says: "expected 64 lower-case hex digits" }),
  row(`r.example/app@md5:${"a".repeat(32)}`, "refused", {
    regctl: `r.example app md5:${"a".repeat(32)}`,
    says: 'algorithm "md5"',
  }),
  row(`r.example/app@blake3:${"a".repeat(64)}`, "refused", {
    regctl: `r.example app blake3:${"a".repeat(64)}`,
    says: 'algorithm "blake3"',
  }),
];

/** Whatever host the reference names, its requests come to a proxy, which answers with one manifest. */
export async function readThroughProxy(program: Program, { title: reference }: OddCase): Promise<Observation> {
  const asked: string[] = [];
  await using proxy = await scriptedRegistry(({ method, path, headers }) => {
    const { pathname } = new URL(path, "http://proxy");
    const [, repository, wanted] = /^\/v2\/(.*)\/manifests\/(.*)$/.exec(pathname) ?? [];
    if (repository === undefined || wanted === undefined) return { status: 200, body: "{}" };
    asked.push(`${headers.host} ${repository} ${wanted}`);
    const digest = wanted === SHA512 ? SHA512 : SHA256;
    const body = method === "HEAD" ? "" : BYTES;
    const length = { "content-length": BYTES.length };
    return { status: 200, headers: { "content-type": MEDIA_TYPE, "docker-content-digest": digest, ...length }, body };
  });
  const env = { HTTP_PROXY: `http://${proxy.host}`, HTTPS_PROXY: `http://${proxy.host}` };
  const { code, stdout, stderr } = await runProgram(program, readManifest(program, reference), { env });
  const output = `exit code ${code}: ${stderr}${stdout}`;
  return { outcome: asked[0] ?? "refused", output };
}
