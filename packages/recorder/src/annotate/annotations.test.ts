import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AnnotationOperation } from './annotation.ts'
import { LiveAnnotations } from './annotations.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

it('a laser that stays on is told in pieces without a gap, and how long it rested at the end', () => {
  const annotations = new LiveAnnotations()
  const told: AnnotationOperation[] = []
  annotations.on('operation', (operation) => told.push(operation))
  annotations.point({ x: 0.1, y: 0.1 })
  vi.advanceTimersByTime(1200)
  annotations.point({ x: 0.2, y: 0.2 })
  vi.advanceTimersByTime(300)
  annotations.point(null)
  vi.advanceTimersByTime(300)
  annotations.point(null)
  expect(told).toEqual([
    { op: 'laser', trail: [0.1, 0.1, 1200, 0.2, 0.2, 0] },
    { op: 'laser', trail: [0.2, 0.2, 300] },
  ])
})
