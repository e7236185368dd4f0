import { expect, it } from 'vitest'
import { sandboxCheck } from './sandbox-check.ts'

it('rushes doctor says what isolates programs here, and what to do where nothing does', () => {
  expect(sandboxCheck()).toMatchObject({ ok: true, detail: expect.stringMatching(/^bubblewrap, as .*bwrap$/) })
  expect(sandboxCheck({ kind: 'none', reason: 'bwrap is not installed' })).toMatchObject({
    ...{ ok: 'warning', detail: 'limits alone: bwrap is not installed' },
    advice: expect.stringContaining('apt-get install bubblewrap'),
  })
})
