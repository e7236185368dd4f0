import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentKind, matchesKind } from './content-kind.ts'
import type { ConversionError } from './conversion-error.ts'
import { type ConversionPlan, MOST_STEPS, planConversion, possibleKinds } from './conversion-plan.ts'
import { type ConversionRule, conversionRules } from './conversion-rules.ts'

const by = ({ steps }: ConversionPlan): string[] => steps.map(({ rule }) => `${rule.processor} ${rule.to}`)
const plan = (from: string | string[], to: string, options = {}): ConversionPlan =>
  planConversion(
    conversionRules,
    [from].flat().map((contentType) => ({ contentType })),
    to,
    options,
  )

function refusal(run: () => unknown): ConversionError {
  try {
    run()
  } catch (error) {
    return error as ConversionError
  }
  throw new Error('it was not refused')
}

describe('the rules that come with it', () => {
  it.each([
    ['audio/wav', 'audio/mpeg', ['ffmpeg-audio audio/mpeg']],
    ['audio/x-wav; codecs=1', 'audio/mp3', ['ffmpeg-audio audio/mpeg']],
    ['video/webm', 'audio/ogg', ['ffmpeg-audio audio/ogg']],
    ['application/ttml+xml', 'text/plain', ['captions text/vtt', 'captions text/plain']],
    ['text/srt', 'application/ttml+xml', ['captions text/vtt', 'captions application/ttml+xml']],
    ['audio/wav', 'application/json; profile="waveform"', ['wav-peaks application/json;profile=waveform']],
    [
      'video/mp4',
      'image/png;profile=waveform',
      ['ffmpeg-peaks application/json;profile=waveform', 'waveform-picture image/png;profile=waveform'],
    ],
    [['image/png', 'audio/mp4', 'image/png'], 'video/mp4', ['ffmpeg-slideshow video/mp4']],
    [
      ['image/jpeg', 'audio/mp4'],
      'audio/flac',
      ['ffmpeg-image image/png', 'ffmpeg-slideshow video/mp4', 'ffmpeg-audio audio/flac'],
    ],
  ])('%s to %s', (from, to, steps) => {
    expect(by(plan(from, to))).toEqual(steps)
  })

  it('gives a size to what is of the wanted kind already, and else says that nothing is to do', () => {
    expect(by(plan('image/png', 'image/png', { mustChange: true }))).toEqual(['ffmpeg-image image/png'])
    expect(refusal(() => plan('image/png', 'image/png'))).toMatchObject({ code: 'not-needed' })
  })

  it('says what to ask for instead, and what is missing', () => {
    const { code, suggestions, message } = refusal(() => plan('audio/wav', 'audio/x-unknown'))
    expect(code).toBe('not-possible')
    expect(suggestions.possible.slice(0, 4).every((kind) => kind.startsWith('audio/'))).toBe(true)
    expect(suggestions.possible).toContain('image/svg+xml;profile=waveform')
    expect(message).toContain('audio/mpeg')
    expect(refusal(() => plan('image/webp', 'video/mp4')).suggestions.missing).toEqual(['audio/*'])
    expect(refusal(() => plan('audio/wav', 'video/mp4')).suggestions.missing).toEqual(['image/png'])
    expect(refusal(() => plan('text/vtt', 'video/mp4')).suggestions.missing).toEqual([])
    expect(refusal(() => plan([], 'video/mp4')).code).toBe('not-possible')
    for (const kind of suggestions.possible) expect(plan('audio/wav', kind).steps.length).toBeGreaterThan(0)
  })
})

const kinds = ['a/a', 'a/b', 'b/a', 'b/b', 'c/a', 'c/b']
const kind = fc.constantFrom(...kinds)
const pattern = fc.oneof(kind, fc.constantFrom('a/*', 'b/*'))
const type = fc.option(fc.constantFrom('slide', 'chat'), { nil: undefined, freq: 5 })
const cost = fc.integer({ min: 1, max: 20 })
const single = fc.record({ contentType: pattern, type }).map((input) => [input])
const several = fc
  .tuple(fc.array(pattern, { minLength: 1, maxLength: 2 }), fc.option(pattern, { nil: undefined }))
  .filter(([ones, many]) => ones.length + (many === undefined ? 0 : 1) > 1)
  .map(([ones, many]) => [
    ...ones.map((contentType) => ({ contentType })),
    ...(many === undefined ? [] : [{ contentType: many, count: 'many' as const }]),
  ])
const rules = fc.array(
  fc
    .tuple(fc.oneof({ arbitrary: single, weight: 4 }, several), kind, cost)
    .map(([from, to, cost]) => ({ from, to, cost, processor: 'any' }) as ConversionRule),
  { maxLength: 12 },
)
const sources = fc.array(fc.record({ contentType: kind, type }), { minLength: 1, maxLength: 3 })

describe('a plan', () => {
  it('is as cheap as the cheapest of all that can be tried, and leads from the sources to the result', () => {
    fc.assert(
      fc.property(rules, sources, kind, (rules, sources, to) => {
        const best = cheapestByTrying(rules, sources, to)
        let found: ConversionPlan | null = null
        try {
          found = planConversion(rules, sources, to, { mustChange: true, mostSteps: 3 })
        } catch (error) {
          expect((error as ConversionError).code).toBe('not-possible')
        }
        expect(found?.cost ?? null).toBe(best)
        expect(possibleKinds(rules, sources, 3).includes(to)).toBe(found !== null)
        if (found !== null) checkPlan(found, sources, to, 3)
      }),
      { numRuns: 1500 },
    )
  })

  it(`never takes more than ${MOST_STEPS} steps`, () => {
    const chain = Array.from({ length: 10 }, (_, index): ConversionRule => {
      return { from: [{ contentType: `x/${index}` }], to: `x/${index + 1}`, processor: 'p', cost: 1 }
    })
    for (let length = 1; length <= 10; length++) {
      const attempt = () => planConversion(chain, [{ contentType: 'x/0' }], `x/${length}`)
      if (length <= MOST_STEPS) expect(attempt().steps).toHaveLength(length)
      else expect(refusal(attempt).code).toBe('not-possible')
    }
  })
})

/** Each step has what its rule takes, all sources are used, and nothing is further away than allowed. */
function checkPlan(
  { steps, cost }: ConversionPlan,
  sources: readonly { contentType: string; type: string | undefined }[],
  to: string,
  mostSteps: number,
): void {
  const depth: number[] = []
  const used = new Set<number>()
  let sum = 0
  for (const { rule, inputs } of steps) {
    const kinds = inputs.map((input) => {
      if ('step' in input) return steps[input.step]!.rule.to
      used.add(input.source)
      return sources[input.source]!.contentType
    })
    const many = rule.from.find(({ count }) => count === 'many')
    expect(kinds.length).toBeGreaterThanOrEqual(rule.from.length)
    if (many === undefined) expect(kinds).toHaveLength(rule.from.length)
    for (const kind of kinds) expect(rule.from.some(({ contentType }) => matchesKind(contentType, kind))).toBe(true)
    depth.push(1 + Math.max(0, ...inputs.map((input) => ('step' in input ? depth[input.step]! : 0))))
    sum += rule.cost
  }
  expect(used.size).toBe(sources.length)
  expect(contentKind(steps.at(-1)!.rule.to)).toBe(to)
  expect(Math.max(...depth)).toBeLessThanOrEqual(mostSteps)
  expect(sum).toBe(cost)
}

type Tried = { kind: string; type: string | undefined; cost: number }

/** All ways of up to three steps, without any cleverness. */
function cheapestByTrying(
  rules: readonly ConversionRule[],
  sources: readonly { contentType: string; type: string | undefined }[],
  to: string,
): number | null {
  const fits = (input: ConversionRule['from'][number], made: Tried): boolean =>
    matchesKind(input.contentType, made.kind) && (input.type === undefined || input.type === made.type)
  const chained = rules.filter(({ from }) => from.length === 1)
  const onward = (made: Tried, steps: number): Tried[] =>
    steps === 0
      ? [made]
      : [
          made,
          ...chained
            .filter(({ from }) => fits(from[0]!, made))
            .flatMap(({ to, cost }) => onward({ kind: to, type: made.type, cost: made.cost + cost }, steps - 1)),
        ]
  const starts = sources.map(({ contentType, type }): Tried => ({ kind: contentType, type, cost: 0 }))
  const results: Tried[] = []
  if (starts.length === 1) {
    for (const { from, to, cost } of chained) {
      if (fits(from[0]!, starts[0]!)) results.push(...onward({ kind: to, type: starts[0]!.type, cost }, 2))
    }
  }
  for (const rule of rules.filter(({ from }) => from.length > 1)) {
    for (const before of [0, 1, 2]) {
      const reach = starts.map((start) => onward(start, before))
      for (const places of assignments(starts.length, rule.from.length)) {
        const isRight = rule.from.every(({ count }, place) => {
          const taken = places.filter((each) => each === place).length
          return count === 'many' ? taken > 0 : taken === 1
        })
        if (!isRight) continue
        const costs = places.map((place, source) => {
          return Math.min(...reach[source]!.filter((made) => fits(rule.from[place]!, made)).map(({ cost }) => cost))
        })
        const sum = costs.reduce((a, b) => a + b, rule.cost)
        if (sum < Infinity) results.push(...onward({ kind: rule.to, type: undefined, cost: sum }, 2 - before))
      }
    }
  }
  const costs = results.filter(({ kind }) => kind === to).map(({ cost }) => cost)
  return costs.length === 0 ? null : Math.min(...costs)
}

function assignments(sources: number, places: number): number[][] {
  if (sources === 0) return [[]]
  return assignments(sources - 1, places).flatMap((rest) =>
    Array.from({ length: places }, (_, place) => [...rest, place]),
  )
}
