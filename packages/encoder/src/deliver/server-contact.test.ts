import { describe, expect, it } from 'vitest'
import { ServerContact } from './server-contact.ts'

function contact() {
  let now = 1000
  const about = new ServerContact(() => now)
  const pass = (ms: number): void => {
    now += ms
  }
  return { about, pass }
}

describe('what is known of the server', () => {
  it('is nothing at first, and that it is away with the first failure', () => {
    const { about, pass } = contact()
    expect(about.view).toEqual({ state: 'unknown', since: 1000, lastError: null })
    pass(500)
    about.failed('no answer', 0)
    expect(about.view).toEqual({ state: 'unreachable', since: 1500, lastError: { message: 'no answer', at: 1500 } })
  })

  it('one broken connection among others that work is an error, and not its absence', () => {
    const { about, pass } = contact()
    about.answered()
    pass(3000)
    about.failed('reset', 0)
    expect(about.view).toMatchObject({ state: 'reachable', since: 1000, lastError: { message: 'reset' } })
    pass(1000)
    about.failed('reset', 0)
    expect(about.view).toMatchObject({ state: 'unreachable', since: 5000 })
    about.failed('still', 0)
    expect(about.view).toMatchObject({ since: 5000, lastError: { message: 'still' } })
    pass(10)
    about.answered()
    expect(about.view).toMatchObject({ state: 'reachable', since: 5010, lastError: { message: 'still' } })
  })

  it('a refusal of one file is an answer; 5xx and a refused key are not what is wanted', () => {
    const { about, pass } = contact()
    about.failed('digest-mismatch', 422)
    expect(about.view.state).toBe('reachable')
    pass(5000)
    about.failed('unavailable', 503)
    expect(about.view.state).toBe('refusing')
    about.answered()
    pass(5000)
    about.failed('the key is wrong', 401)
    expect(about.view.state).toBe('refusing')
  })
})
