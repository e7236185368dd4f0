import { z } from 'zod/mini'
import * as api from './api.ts'
import * as fleet from './fleet.ts'
import {
  type FoundView,
  foundView,
  type ImportedLayouts,
  type ImportView,
  importedLayouts,
  importList,
  importView,
  type LayoutsFile,
  type LayoutView,
  layoutList,
  layoutsFile,
  layoutView,
  type MendAnswer,
  type MendRequest,
  mendAnswer,
} from './imports.ts'
import { type JobList, type JobView, jobList, jobView } from './jobs.ts'
import { type UploadView, uploadList } from './upload.ts'

/** An answer of the server that is no success, or none at all (`unreachable`). */
export class ApiError extends Error {
  readonly code: string
  /** HTTP status; 0 where there was no answer. */
  readonly status: number

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
  }
}

export type ApiClientOptions = {
  /** Origin of the server, e.g. `http://127.0.0.1:7070`; in its own pages the empty string. */
  server: string
  /** API key; pages leave it out and are known by their session cookie. */
  key?: string
  fetch?: typeof fetch
}

/** Typed calls of the HTTP interface. Every answer is parsed; a refusal is thrown as {@link ApiError}. */
export interface ApiClient {
  createRecording(request: api.CreateRecordingRequest): Promise<api.CreatedRecording>
  recording(id: string): Promise<api.RecordingView>
  recordings(after?: string): Promise<api.RecordingList>
  publish(id: string, share: boolean): Promise<api.RecordingView>
  /** Uploads that are not complete, or were completed in the last hour. */
  uploads(): Promise<UploadView[]>
  rename(id: string, title: string): Promise<api.RecordingView>
  remove(id: string): Promise<void>
  share(id: string, grant?: api.ShareRequest): Promise<api.ShareView>
  unshare(id: string, shareId: string): Promise<void>
  shared(shareId: string): Promise<api.RecordingView>
  /** @param from the `next` of the page before; 0 */
  timeline(id: string, from?: number): Promise<api.TimelineView>
  sharedTimeline(shareId: string, from?: number): Promise<api.TimelineView>
  /** What is in a recording that the caller may read: a page of it. */
  resources(id: string, wish?: api.ResourceWish): Promise<api.ResourceList>
  sharedResources(shareId: string, wish?: api.ResourceWish): Promise<api.ResourceList>
  /** Takes away what was made of other items, and what was made of it. */
  removeResource(id: string, name: string): Promise<void>
  session(): Promise<api.SessionView>
  setup(request: api.SetupRequest): Promise<api.SessionView>
  login(email: string, password: string): Promise<api.SessionView>
  logout(): Promise<void>
  keys(): Promise<api.ApiKeyView[]>
  createKey(name: string): Promise<api.CreatedApiKey>
  revokeKey(id: string): Promise<void>
  introduceEncoder(id: string, request: fleet.IntroduceEncoderRequest): Promise<fleet.EncoderView>
  /** Answers after `waitSeconds` at the latest, earlier when there are new instructions. */
  reportEncoder(id: string, report: fleet.EncoderReport, waitSeconds: number): Promise<fleet.EncoderInstructions>
  encoders(): Promise<fleet.EncoderView[]>
  encoder(id: string): Promise<fleet.EncoderView>
  renameEncoder(id: string, name: string): Promise<fleet.EncoderView>
  removeEncoder(id: string): Promise<void>
  orderEncoder(id: string, order: fleet.OrderEncoderRequest): Promise<fleet.EncoderView>
  scheduleEncoder(id: string, request: fleet.ScheduleEncoderRequest): Promise<fleet.EncoderView>
  alertSettings(): Promise<fleet.AlertSettings>
  setAlertLimits(limits: fleet.AlertLimits): Promise<fleet.AlertSettings>
  createWebhook(url: string): Promise<fleet.CreatedWebhook>
  removeWebhook(id: string): Promise<void>
  /** Queues a message of the type `encoder.test`. */
  testWebhook(id: string): Promise<void>
  /** @param after the `next` of the page before */
  jobs(after?: string): Promise<JobList>
  job(id: string): Promise<JobView>
  /** It stops a moment later. */
  cancelJob(id: string): Promise<JobView>
  /** Only of one that has ended. */
  removeJob(id: string): Promise<void>
  /** Archives that were sent to be converted, newest first. */
  imports(): Promise<ImportView[]>
  import(id: string): Promise<ImportView>
  /** What its conversion has found so far. */
  found(id: string): Promise<FoundView>
  /** Puts right what was converted; all of it or nothing. */
  mendImport(id: string, request: MendRequest): Promise<MendAnswer>
  /** Makes a recording of it; that takes a moment. */
  keepImport(id: string): Promise<ImportView>
  /** With all that was made of it, but not the recording that it became. */
  removeImport(id: string): Promise<void>
  /** Formats that conversions on this server have learned. */
  layouts(): Promise<LayoutView[]>
  nameLayout(signature: string, name: string): Promise<LayoutView>
  /** Archives of that kind are read as if they were the first. */
  forgetLayout(signature: string): Promise<void>
  /** As `rushes layouts import` takes them. */
  exportLayouts(): Promise<LayoutsFile>
  importLayouts(file: LayoutsFile): Promise<ImportedLayouts>
}

export function apiClient(options: ApiClientOptions): ApiClient {
  const nothing = z.unknown()
  const at = (...parts: string[]) => `/api/v1/${parts.map(encodeURIComponent).join('/')}`

  async function call<Schema extends z.ZodMiniType>(
    method: string,
    path: string,
    schema: Schema,
    body?: unknown,
  ): Promise<z.output<Schema>> {
    const headers: Record<string, string> = {}
    if (options.key !== undefined) headers['authorization'] = `Bearer ${options.key}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    let response: Response
    try {
      response = await (options.fetch ?? fetch)(options.server + path, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    } catch (cause) {
      const reason =
        cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause)
      throw new ApiError(0, 'unreachable', `no answer from ${options.server || 'the server'}: ${reason}`)
    }
    const text = await response.text()
    const value = parseJson(text)
    if (!response.ok) {
      const refusal = api.errorBody.safeParse(value)
      if (refusal.success) throw new ApiError(response.status, refusal.data.error.code, refusal.data.error.message)
      throw new ApiError(response.status, 'bad-answer', `the server answered ${response.status}`)
    }
    const result = schema.safeParse(value)
    if (!result.success)
      throw new ApiError(response.status, 'bad-answer', 'the answer is not what this version expects')
    return result.data
  }

  return {
    createRecording: (request) => call('POST', at('recordings'), api.createdRecording, request),
    recording: (id) => call('GET', at('recordings', id), api.recordingView),
    recordings: (after) =>
      call(
        'GET',
        at('recordings') + (after === undefined ? '' : `?after=${encodeURIComponent(after)}`),
        api.recordingList,
      ),
    publish: (id, share) => call('POST', at('recordings', id, 'publish'), api.recordingView, { share }),
    uploads: async () => (await call('GET', at('uploads'), uploadList)).uploads,
    rename: (id, title) => call('PATCH', at('recordings', id), api.recordingView, { title }),
    remove: async (id) => void (await call('DELETE', at('recordings', id), nothing)),
    share: (id, grant) => call('POST', at('recordings', id, 'shares'), api.shareView, grant),
    unshare: async (id, shareId) => void (await call('DELETE', at('recordings', id, 'shares', shareId), nothing)),
    timeline: (id, from = 0) => call('GET', `${at('recordings', id, 'timeline')}?from=${from}`, api.timelineView),
    sharedTimeline: (shareId, from = 0) =>
      call('GET', `/r/${encodeURIComponent(shareId)}/timeline?from=${from}`, api.timelineView),
    shared: (shareId) => call('GET', at('shares', shareId), api.recordingView),
    resources: (id, wish) => call('GET', at('recordings', id, 'resources') + queryOf(wish), api.resourceList),
    sharedResources: (shareId, wish) =>
      call('GET', `/r/${encodeURIComponent(shareId)}/resources${queryOf(wish)}`, api.resourceList),
    removeResource: async (id, name) =>
      void (await call('DELETE', at('recordings', id, 'resources', ...name.split('/')), nothing)),
    session: () => call('GET', at('session'), api.sessionView),
    setup: (request) => call('POST', at('setup'), api.sessionView, request),
    login: (email, password) => call('POST', at('session'), api.sessionView, { email, password }),
    logout: async () => void (await call('DELETE', at('session'), nothing)),
    keys: async () => (await call('GET', at('keys'), api.apiKeyList)).keys,
    createKey: (name) => call('POST', at('keys'), api.createdApiKey, { name }),
    revokeKey: async (id) => void (await call('DELETE', at('keys', id), nothing)),
    introduceEncoder: (id, request) => call('PUT', at('encoders', id), fleet.encoderView, request),
    reportEncoder: (id, report, waitSeconds) =>
      call('POST', `${at('encoders', id, 'state')}?wait=${waitSeconds}`, fleet.encoderInstructions, report),
    encoders: async () => (await call('GET', at('encoders'), fleet.encoderList)).encoders,
    encoder: (id) => call('GET', at('encoders', id), fleet.encoderView),
    renameEncoder: (id, name) => call('PATCH', at('encoders', id), fleet.encoderView, { name }),
    removeEncoder: async (id) => void (await call('DELETE', at('encoders', id), nothing)),
    orderEncoder: (id, order) => call('POST', at('encoders', id, 'order'), fleet.encoderView, order),
    scheduleEncoder: (id, request) => call('PUT', at('encoders', id, 'schedule'), fleet.encoderView, request),
    alertSettings: () => call('GET', at('encoder-alerts'), fleet.alertSettings),
    setAlertLimits: (limits) => call('PUT', at('encoder-alerts'), fleet.alertSettings, limits),
    createWebhook: (url) => call('POST', at('encoder-alerts', 'webhooks'), fleet.createdWebhook, { url }),
    removeWebhook: async (id) => void (await call('DELETE', at('encoder-alerts', 'webhooks', id), nothing)),
    testWebhook: async (id) => void (await call('POST', at('encoder-alerts', 'webhooks', id, 'test'), nothing)),
    jobs: (after) =>
      call('GET', at('jobs') + (after === undefined ? '' : `?after=${encodeURIComponent(after)}`), jobList),
    job: (id) => call('GET', at('jobs', id), jobView),
    cancelJob: (id) => call('POST', at('jobs', id, 'cancel'), jobView),
    removeJob: async (id) => void (await call('DELETE', at('jobs', id), nothing)),
    imports: async () => (await call('GET', at('archives'), importList)).archives,
    import: (id) => call('GET', at('archives', id), importView),
    found: (id) => call('GET', at('archives', id, 'found'), foundView),
    mendImport: (id, request) => call('POST', at('archives', id, 'mends'), mendAnswer, request),
    keepImport: (id) => call('POST', at('archives', id, 'keep'), importView),
    removeImport: async (id) => void (await call('DELETE', at('archives', id), nothing)),
    layouts: async () => (await call('GET', at('layouts'), layoutList)).layouts,
    nameLayout: (signature, name) => call('PATCH', at('layouts', signature), layoutView, { name }),
    forgetLayout: async (signature) => void (await call('DELETE', at('layouts', signature), nothing)),
    exportLayouts: () => call('GET', `${at('layouts')}/export.json`, layoutsFile),
    importLayouts: (file) => call('POST', at('layouts'), importedLayouts, file),
  }
}

function queryOf(wish: api.ResourceWish = {}): string {
  const given = Object.entries(wish).map(([name, value]) => [name, String(value)])
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
