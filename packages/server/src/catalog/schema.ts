import type {
  AlertKind,
  EncoderOrder,
  EncoderReport,
  JobStanding,
  ManifestEntry,
  ScheduleEntry,
} from '@rushes/protocol'
import type { ColumnType, Generated, Selectable } from 'kysely'
import type { EncoderId, JobId, KeyId, RecordingId, ShareId, UserId, WebhookId } from './identifiers.ts'

/**
 * The tables as Kysely sees them, written by hand after `store/migrations/*.sql`, which are the truth.
 * `bigint` arrives as a number (the pool refuses one above 2^53), `timestamptz` as a Date, `bytea` as a Buffer.
 */
export interface Schema {
  users: UsersTable
  sessions: SessionsTable
  api_keys: ApiKeysTable
  setup_links: SetupLinksTable
  recordings: RecordingsTable
  recording_events: RecordingEventsTable
  shares: SharesTable
  deliveries: DeliveriesTable
  uploads: UploadsTable
  media_digests: MediaDigestsTable
  uploaded_archives: UploadedArchivesTable
  derived_items: DerivedItemsTable
  delivery_entries: DeliveryEntriesTable
  signing_keys: SigningKeysTable
  encoders: EncodersTable
  alert_limits: AlertLimitsTable
  webhooks: WebhooksTable
  webhook_messages: WebhookMessagesTable
  jobs: JobsTable
  job_entries: JobEntriesTable
  imports: ImportsTable
  learned_layouts: LearnedLayoutsTable
}

type Stamp = ColumnType<Date, Date | undefined, Date>
type LaterStamp = ColumnType<Date | null, Date | null | undefined, Date | null>
/** jsonb goes in as text, so that an array is not mistaken for a Postgres array by the driver. */
type Json<T> = ColumnType<T, string | undefined, string>

export interface UsersTable {
  id: UserId
  email: string | null
  name: Generated<string>
  password_hash: string | null
  role: Role
  created_at: Stamp
}
export type Role = 'owner' | 'member'

export interface SessionsTable {
  id_hash: Buffer
  user_id: UserId
  created_at: Stamp
  expires_at: Date
  last_seen_at: Stamp
  user_agent: Generated<string>
}

export interface ApiKeysTable {
  id: KeyId
  user_id: UserId
  name: string
  hash: Buffer
  origin: 'environment' | 'created'
  created_at: Stamp
  last_used_at: LaterStamp
  revoked_at: LaterStamp
}

export interface SetupLinksTable {
  hash: Buffer
  created_at: Stamp
  used_at: LaterStamp
}

export interface RecordingsTable {
  id: RecordingId
  owner_id: UserId
  title: string
  state: Generated<RecordingState>
  content_type: string
  created_at: Stamp
  epoch: Generated<number>
  token_hash: Buffer
  size: number | null
  crc32: number | null
  sha256: Buffer | null
  end_reason: string | null
  published_at: LaterStamp
  duration_ms: number | null
  summary: Json<RecordingSummary>
  deleted_at: LaterStamp
  front_offset: number | null
  front_length: number | null
  generation: Generated<number>
  derived: Generated<number>
  archive_id: string | null
}
export type RecordingState = 'receiving' | 'published' | 'discarded'
export type ViewState = 'ready' | 'needs-encode' | 'unsupported'

/** What the index knew when the recording was published; every key may be missing, more may be added. */
export type RecordingSummary = {
  container?: string
  tracks?: readonly unknown[]
  damage?: unknown
  mp4State?: ViewState
  webmState?: ViewState
  [further: string]: unknown
}

export interface RecordingEventsTable {
  recording_id: RecordingId
  number: number
  t: number
  kind: string
  /** JSON. */
  data: string
}

export interface SharesTable {
  id: ShareId
  recording_id: RecordingId
  created_at: Stamp
  revoked_at: LaterStamp
  created_by: UserId | null
  level: Generated<number>
  attributes: Json<Record<string, string[]>>
}

export interface UploadsTable {
  recording_id: RecordingId
  size: number
  fingerprint: string
  metadata: ColumnType<Record<string, string | null>, string, string>
  touched_at: Stamp
}

export interface MediaDigestsTable {
  recording_id: RecordingId
  shown_as: string
  sha256: Buffer
}

export interface UploadedArchivesTable {
  recording_id: RecordingId
  state: Generated<UploadedArchiveState>
  note: string | null
  boxes: Json<StoredBox[]>
}

export interface DerivedItemsTable {
  recording_id: RecordingId
  number: number
  made_as: string
  for_owner: boolean
  name: string
  type: string
  content_type: string
  length: number
  sha256: Buffer
  sources: Json<string[]>
  made_by: string
  /** What it was made of lies in another recording: it is for the owner of both alone. */
  owner_alone: Generated<boolean>
  /** The item's member of that name; what is stored is encrypted then. */
  encryption: ColumnType<Readonly<Record<string, unknown>> | null, string | null | undefined, string | null>
  created_at: Stamp
}
export type UploadedArchiveState = 'checking' | 'restored' | 'plain'
/** Where it lies in the body; `digest` is `sha256:` and hex. */
export type StoredBox = [offset: number, length: number, digest: string]

export interface DeliveriesTable {
  recording_id: RecordingId
  delivered_at: LaterStamp
  /** What the certificate has beside the files. */
  certificate: ColumnType<CertificateRow | null, string | null | undefined, string | null>
}
export type CertificateRow = { merkleRoot: string; issuedAt: string; publicKey: string; signature: string }

export interface DeliveryEntriesTable {
  recording_id: RecordingId
  number: number
  entry: ManifestEntry
}

export interface SigningKeysTable {
  id: number
  /** SubjectPublicKeyInfo, DER. */
  public_key: Buffer
  /** PKCS #8, DER. */
  private_key: Buffer
}

export interface EncodersTable {
  id: EncoderId
  owner_id: UserId
  name: string
  renamed: Generated<boolean>
  version: string
  host: string
  created_at: Stamp
  report: ColumnType<EncoderReport | null, string | null | undefined, string>
  reported_at: LaterStamp
  generation: Generated<number>
  last_order: ColumnType<EncoderOrder | null, string | null | undefined, string>
  ordered_at: LaterStamp
  order_taken: Generated<boolean>
  schedule: Json<ScheduleEntry[]>
  episodes: Json<Partial<Record<AlertKind, { since: number; isTold: boolean }>>>
}

export interface AlertLimitsTable {
  owner_id: UserId
  behind_seconds: number
  silent_seconds: number
  spool_percent: number
}

export interface WebhooksTable {
  id: WebhookId
  owner_id: UserId
  url: string
  secret: Buffer
  created_at: Stamp
  delivered_at: LaterStamp
  last_error: string | null
}

export interface WebhookMessagesTable {
  id: string
  webhook_id: WebhookId
  body: string
  created_at: Stamp
  attempts: Generated<number>
  next_attempt_at: Stamp
}

export interface JobsTable {
  id: JobId
  owner_id: UserId
  kind: string
  title: string
  request: string
  priority: Generated<number>
  state: Generated<JobStanding>
  cancelling: Generated<boolean>
  epoch: Generated<number>
  runner: string | null
  leased_until: LaterStamp
  starts: Generated<number>
  folder: string | null
  batches: Generated<number>
  bytes: Generated<number>
  standing: Json<JobFigures>
  problem: string | null
  created_at: Stamp
  started_at: LaterStamp
  ended_at: LaterStamp
}
/** Numbers of tasks, and how far those are that run: 0 to 1. */
export type JobFigures = {
  waiting?: number
  running?: number
  done?: number
  failed?: number
  progress?: Record<string, number>
}

export interface JobEntriesTable {
  job_id: JobId
  number: number
  entries: string
}

export interface ImportsTable {
  id: RecordingId
  owner_id: UserId
  name: string
  size: number
  received: Generated<number>
  fingerprint: Generated<string>
  metadata: Json<Record<string, string | null>>
  keeps_at_once: boolean
  state: Generated<ImportState>
  job_id: JobId | null
  problem: string | null
  created_at: Stamp
  touched_at: Stamp
}
export type ImportState = 'receiving' | 'converting' | 'converted' | 'keeping' | 'kept' | 'failed'

export interface LearnedLayoutsTable {
  signature: string
  name: string
  /** As the converter exports one. */
  layout: Json<Record<string, unknown>>
  learned_at: Stamp
}

export type User = Selectable<UsersTable>
export type Recording = Selectable<RecordingsTable>
export type Share = Selectable<SharesTable>
export type ApiKey = Selectable<ApiKeysTable>
export type UploadRow = Selectable<UploadsTable>
export type DerivedItem = Selectable<DerivedItemsTable>
export type UploadedArchive = Selectable<UploadedArchivesTable>
export type Delivery = Selectable<DeliveriesTable>
export type EncoderRow = Selectable<EncodersTable>
export type Webhook = Selectable<WebhooksTable>
export type JobRow = Selectable<JobsTable>
export type ImportRow = Selectable<ImportsTable>
export type LearnedLayoutRow = Selectable<LearnedLayoutsTable>
