export { eachPiece } from "./bytes/each-piece.ts";
export { type SlabSource, slabContent } from "./bytes/slab-content.ts";
export { type ContentWatcher, watchContent } from "./bytes/watch-content.ts";
export type { CallConnection } from "./call/call-connection.ts";
export type {
  CallOptions,
  CallTimeouts,
  ReceivedResponse,
  RequestKind,
  RequestRecord,
  RetryPolicy,
  RetryRecord,
  SentRequest,
} from "./call/call-options.ts";
export type { TlsOptions } from "./call/tls-options.ts";
export { AcrClient } from "./client/acr-client.ts";
export type { BlobDownload } from "./client/download-blob.ts";
export type { RetrievedManifest } from "./client/get-manifest.ts";
export type { Page, PagedList } from "./client/paged-list.ts";
export { type ListPropertiesOptions, RegistryClient } from "./client/registry-client.ts";
export type { ManifestContent, SetManifestOptions, StoredManifest } from "./client/set-manifest.ts";
export type { BlobContent } from "./client/upload/blob-content.ts";
export type { UploadBlobOptions } from "./client/upload/upload-blob.ts";
export type { UploadedBlob } from "./client/upload/uploaded-blob.ts";
export { blobsOf, type ContentKey, childrenOf, contentKey, inlineData, isForeign } from "./content/children.ts";
export { type DescribeManifestOptions, describeManifest } from "./content/describe-manifest.ts";
export { type Descriptor, hasSize, type Platform, UNKNOWN_SIZE } from "./content/descriptor.ts";
export { subjectOfTag } from "./content/digest-tag.ts";
export { DOCKER_HUB, parseHost } from "./content/host.ts";
export { type ImageConfig, readImageConfig } from "./content/image-config.ts";
export { type ImageManifest, type IndexManifest, MAX_MANIFEST_BYTES, type Manifest } from "./content/manifest.ts";
export {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  isImageMediaType,
  isIndexMediaType,
  isManifestMediaType,
  MANIFEST_ACCEPT,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from "./content/media-types.ts";
export { type OnOddity, parseDescriptor } from "./content/parse-descriptor.ts";
export { MAX_JSON_DEPTH, NestedTooDeep, parseJson } from "./content/parse-json.ts";
export { parseManifest } from "./content/parse-manifest.ts";
export { formatPlatform, matchesPlatform, parsePlatform } from "./content/platform.ts";
export {
  apiHost,
  formatReference,
  formatRepository,
  parseReference,
  parseRepository,
  type Reference,
  type Repository,
} from "./content/reference.ts";
export { parseRepositoryName } from "./content/repository-name.ts";
export { parseRfc3339 } from "./content/rfc3339.ts";
export { parseTag } from "./content/tag.ts";
export { checkContent, readVerified, verified, verifyBytes } from "./content/verify.ts";
export type { HelperChoice } from "./credentials/auth-file.ts";
export type { AuthFileOptions, AuthFilePath, Environment } from "./credentials/auth-file-paths.ts";
export type {
  AnonymousCredential,
  BasicCredential,
  BearerCredential,
  Credential,
  CredentialProvider,
  CredentialRequest,
  EntraCredential,
  IdentityCredential,
} from "./credentials/credential.ts";
export { checkHelper, type HelperOptions } from "./credentials/credential-helper.ts";
export { checkCredentialFiles, type FileCredentialsOptions, fileCredentials } from "./credentials/file-credentials.ts";
export { helperCredentials } from "./credentials/helper-credentials.ts";
export {
  type HostCertificates,
  type HostCertificatesOptions,
  hostCertificates,
} from "./credentials/host-certificates.ts";
export {
  type RemoveCredentialOptions,
  type RemovedCredential,
  removeCredential,
} from "./credentials/remove-credential.ts";
export { type ProgramEnd, type ProgramRun, runProgram } from "./credentials/run-program.ts";
export { type SaveCredentialOptions, type SavedCredential, saveCredential } from "./credentials/save-credential.ts";
export { type Ask, sharedAnswers } from "./credentials/shared-answers.ts";
export { firstOf, parseUserPassword, staticCredential } from "./credentials/static-credential.ts";
export { ACR_AUDIENCES, type AccessToken, acrAudience, type TokenCredential } from "./credentials/token-credential.ts";
export {
  algorithmOf,
  type Digest,
  type DigestAlgorithm,
  digestOf,
  hasherFor,
  isDigest,
  parseDigest,
} from "./digest/digest.ts";
export type { HashedContent } from "./digest/hash-content.ts";
export {
  DigestMismatchError,
  type DigestMismatchInit,
  type ErrorCode,
  IncompleteListError,
  isRetryable,
  type OwnErrorCode,
  RegistryError,
  type RegistryErrorDetail,
  type RegistryErrorInit,
  redactUrl,
  type SpecErrorCode,
  StoreError,
} from "./errors/errors.ts";
export type { LaneChoice } from "./http/lanes.ts";
export {
  LowestRate,
  type LowestRateOptions,
  MIN_BYTES_PER_SECOND,
  RATE_WINDOW_MS,
  type SlowWindow,
} from "./http/message/lowest-rate.ts";
export {
  type BlobCounts,
  type BlobJournal,
  type BlobPlace,
  MOUNT_CANDIDATES,
  type MountPair,
} from "./journal/blob-journal.ts";
export type { Journal } from "./journal/journal.ts";
export { DEFAULT_JOURNAL_LIMITS, type JournalLimits, type JournalOptions } from "./journal/journal-limits.ts";
export type { Lease, LeaseJournal, LeaseTerm } from "./journal/lease-journal.ts";
export { MemoryJournal } from "./journal/memory/memory-journal.ts";
export {
  type MirrorTarget,
  OWNED_BECAUSE,
  type OwnedBecause,
  type OwnedTag,
  type OwnershipJournal,
} from "./journal/ownership-journal.ts";
export type { FactValue, HostFact, ProfileJournal } from "./journal/profile-journal.ts";
export type { PendingRepair, RepairJournal } from "./journal/repair-journal.ts";
export { type OnSetAside, type OpenJournalOptions, openJournal } from "./journal/sqlite/open-journal.ts";
export type { Unusable } from "./journal/sqlite/set-aside.ts";
export { ProcessLock } from "./journal/state/process-lock.ts";
export { isBusy } from "./journal/state/sqlite-failure.ts";
export { loadSqlite, type SqliteLibrary } from "./journal/state/sqlite-library.ts";
export { type StateFolder, stateFolderAt } from "./journal/state/state-folder.ts";
export type { Rewrite, SeenTag, TagCounts, TagJournal, TagPlace } from "./journal/tag-journal.ts";
export { type TolerantJournalOptions, tolerantJournal } from "./journal/tolerant-journal.ts";
export type {
  AbandonedUpload,
  OpenUpload,
  UploadFilter,
  UploadJournal,
  UploadKey,
  UploadSummary,
} from "./journal/upload-journal.ts";
export type { LogOptions } from "./logging/log-options.ts";
export type { Logger, LogLevel } from "./logging/logger.ts";
export { HostBudget, type HostBudgetOptions, type HostLimits } from "./pace/host-budget.ts";
export type { HostWait, HostWaitsSpent } from "./pace/host-waits.ts";
export { WaitBudget, type WaitBudgetOptions } from "./pace/wait-budget.ts";
export type {
  ChangeableProperties,
  ManifestProperties,
  PropertiesOrder,
  RelatedArtifact,
  RepositoryProperties,
  TagProperties,
} from "./registry/azure/properties.ts";
export { type CreateRepository, CreatingStore, type NewRepository } from "./registry/creating-store.ts";
export type { ListLimits } from "./registry/lists/list-limits.ts";
export type { PageOptions } from "./registry/lists/list-names.ts";
export {
  believedUntil,
  checkHostFact,
  HOST_FACTS,
  type HostFactName,
  type HostFactRule,
  type HostFacts,
  parseHostFact,
} from "./registry/profile/host-facts.ts";
export { Registry, type RegistryOptions } from "./registry/registry.ts";
export { RegistryStore } from "./registry/registry-store.ts";
export type { ClientTimeouts, RegistryTransportOptions } from "./registry/transport/transport-options.ts";
export type { UploadOptions } from "./registry/upload-settings.ts";
export { FallbackSource, HostHealth, type SourcePlace } from "./store/fallback-source.ts";
export { LayoutStore } from "./store/layout/layout-store.ts";
export { openLayoutForWriting } from "./store/layout/new-layout.ts";
export { type OpenLayoutOptions, openLayout } from "./store/layout/open-layout.ts";
export { MemoryStore } from "./store/memory-store.ts";
export { brokenTagsError, findMissingTags, type MissingTags, type TagReader } from "./store/missing-tags.ts";
export { type ListResult, listedItems, readList, replayed } from "./store/read-list.ts";
export type {
  BlobLease,
  Content,
  Hold,
  LeaseOptions,
  ListedTag,
  Located,
  Open,
  PushOptions,
  PushOutcome,
  ReferrersOptions,
  ReplaceOptions,
  RepositoryPlace,
  ResolveOptions,
  Source,
  Store,
  Target,
  UntagOptions,
} from "./store/store.ts";
export { quoted } from "./text/quoted.ts";
