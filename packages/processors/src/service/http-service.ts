import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AddressRefused, checkLiteral, lookupPublic } from '@rushes/sandbox'
import { contentKind } from '../content-kind.ts'
import { ConversionError } from '../conversion-error.ts'
import { type Processor, type ProcessorJob, throwIfCancelled } from '../processor.ts'

export type HttpServiceOptions = {
  /** As rules name it. */
  name: string
  /** http: or https:. */
  url: string
  /** Like one with the service's key. */
  headers?: Readonly<Record<string, string>>
  /** Hosts that may be reached wherever they are, as they stand in a URL; all others only on the public internet. */
  trusted?: ReadonlySet<string>
}

/**
 * A service that converts: `POST` of the content with its `Content-Type`, the wanted one in `Accept`, parameters in the query;
 * 200 with the result. 413, 415 and 422 refuse the content. Redirects are not followed.
 */
export function httpServiceProcessor(options: HttpServiceOptions): Processor {
  const target = new URL(options.url)
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw new ConversionError('address-refused', `${target.protocol} is no protocol of a service`)
  }
  return {
    name: options.name,
    async convert(job) {
      if (job.inputs.length !== 1) throw new ConversionError('not-handled', 'a service is given one content')
      throwIfCancelled(job.signal)
      const time = AbortSignal.timeout(job.limits.timeMs)
      try {
        await exchange(target, options, job, AbortSignal.any([job.signal, time]))
      } catch (error) {
        throwIfCancelled(job.signal)
        if (time.aborted) throw new ConversionError('timed-out', `${options.name} took over ${job.limits.timeMs} ms`)
        throw serviceError(options.name, error)
      }
    },
  }
}

function serviceError(name: string, error: unknown): unknown {
  if (error instanceof ConversionError) return error
  const { message } = error as Error
  if (error instanceof AddressRefused) return new ConversionError('address-refused', message)
  return new ConversionError('service-failed', `${name} did not answer: ${message}`)
}

async function exchange(
  target: URL,
  options: HttpServiceOptions,
  job: ProcessorJob,
  signal: AbortSignal,
): Promise<void> {
  const [input] = job.inputs
  const { size } = await stat(input!.path)
  const url = new URL(target)
  for (const [name, value] of Object.entries(job.parameters)) url.searchParams.set(name, String(value))
  const isTrusted = options.trusted?.has(url.hostname) === true
  if (!isTrusted) checkLiteral(url.hostname)
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    // A connection of its own: one that is kept might belong to an address that was checked for somebody else.
    agent: false,
    signal,
    headers: {
      ...options.headers,
      ...{ 'content-type': contentKind(input!.contentType), 'content-length': size, accept: job.to },
      'user-agent': 'Rushes',
    },
    ...(!isTrusted && { lookup: lookupPublic }),
  })
  const answered = answerOf(request)
  const sent = pipeline(createReadStream(input!.path), request)
  // A service that has seen enough answers before it has read everything.
  sent.catch(() => {})
  const response = await answered
  try {
    checkAnswer(response, options.name, job.to)
    await pipeline(response, upTo(job.limits.outputBytes), createWriteStream(job.output))
    if (!response.complete) throw new Error('the answer ends too early')
  } finally {
    response.destroy()
    request.destroy()
  }
}

function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
}

function checkAnswer({ statusCode = 0, headers }: IncomingMessage, name: string, to: string): void {
  if ([413, 415, 422].includes(statusCode))
    throw new ConversionError('input-refused', `${name} refuses it (${statusCode})`)
  if (statusCode !== 200) throw new ConversionError('service-failed', `${name} answered ${statusCode}`)
  const made = contentKind(headers['content-type'] ?? '')
  if (made !== to)
    throw new ConversionError('service-failed', `${name} made ${made.slice(0, 100) || 'something'}, not ${to}`)
}

function upTo(limit: number): Transform {
  let size = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > limit) done(new ConversionError('output-too-large', `the result has over ${limit} bytes`))
      else done(null, chunk)
    },
  })
}
