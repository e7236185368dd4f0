import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { foundInput } from '../../input/input-folder.ts'
import { mattermost } from './mattermost.ts'
import { slack } from './slack.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-messages-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('an export of Slack', () => {
  it('is chat from its first message on, to the microsecond, by the names of people', async () => {
    const place = join(folder, 'slack')
    await mkdir(join(place, 'general'), { recursive: true })
    await mkdir(join(place, 'random'))
    await writeFile(
      join(place, 'users.json'),
      JSON.stringify([{ id: 'U1', name: 'ada', profile: { real_name: 'Ada L.' } }]),
    )
    const message = (ts: string, user: string, text: string) => ({ type: 'message', ts, user, text })
    const later = [message('1600000002.500100', 'U2', 'hi <@U1>'), { type: 'other' }]
    await writeFile(join(place, 'general/2020-09-13.json'), JSON.stringify(later))
    await writeFile(
      join(place, 'random/2020-09-13.json'),
      JSON.stringify([message('1600000000.000100', 'U1', 'first')]),
    )
    const { files } = await foundInput(place)
    const [claim, ...others] = await slack.claims(files)
    expect([claim!.root, others]).toEqual(['', []])
    const { events, metadata } = await slack.read(files, claim!)
    expect(events).toEqual([
      { t: 0, kind: 'chat', data: { sender: 'Ada L.', text: 'first', channel: 'random' } },
      { t: 2500, kind: 'chat', data: { sender: 'U2', text: 'hi @Ada L.', channel: 'general' } },
    ])
    expect(metadata['started']).toBe('2020-09-13T12:26:40.000Z')
  })
})

describe("Slack's marks", () => {
  it('are written as they are shown: links, channels, groups and entities', async () => {
    const texts = [
      ['see <https://example.com/a?b=1&amp;c=2|the page>', 'see the page (https://example.com/a?b=1&c=2)'],
      ['see <https://example.com/>', 'see https://example.com/'],
      ['a &lt;b&gt; &amp;amp; c', 'a <b> &amp; c'],
      ['in <#C123|general>, <!here> and <!subteam^S1|@staff>', 'in #general, @here and @staff'],
      ['<@U9|bob> and <@U1>', '@bob and @Ada L.'],
      ['1 < 2 > 0', '1 < 2 > 0'],
    ] as const
    const place = join(folder, 'marks')
    await mkdir(join(place, 'general'), { recursive: true })
    const messages = texts.map(([text], index) => ({
      ...{ type: 'message', ts: `1600000000.00000${index}`, user: 'U1', text },
      user_profile: { real_name: 'Ada L.', display_name: '', avatar: null },
    }))
    await writeFile(join(place, 'general/2020-09-13.json'), JSON.stringify(messages))
    const users = [{ id: 'U1', name: 'ada', real_name: null, profile: { real_name: 'Ada L.', display_name: null } }]
    const read = async () => {
      const { files } = await foundInput(place)
      const [claim] = await slack.claims(files)
      return (await slack.read(files, claim!)).events.map(({ data }) => data as { sender: string; text: string })
    }
    // Who wrote is told by the messages themselves, where there is no list of people.
    expect(new Set((await read()).map(({ sender }) => sender))).toEqual(new Set(['Ada L.']))
    await writeFile(join(place, 'users.json'), JSON.stringify(users))
    expect((await read()).map(({ text }) => text)).toEqual(texts.map(([, shown]) => shown))
  })
})

describe('an export of Mattermost', () => {
  it('is chat from its first post on, with replies, and passes over what it does not know', async () => {
    const place = join(folder, 'export.jsonl')
    const lines = [
      { type: 'version', version: 1 },
      { type: 'user', user: { username: 'ada' } },
      { type: 'emoji', emoji: {} },
      {
        type: 'post',
        post: {
          ...{ team: 't', channel: 'c', user: 'ada', message: 'one', create_at: 1_600_000_000_000 },
          replies: [{ user: 'bob', message: 'two', create_at: 1_600_000_001_250 }],
        },
      },
      {
        type: 'direct_post',
        direct_post: {
          ...{ channel_members: [], user: 'bob', message: 'three', create_at: 1_600_000_000_500 },
          replies: [{ user: 'ada', message: 'four', create_at: 1_600_000_002_000 }],
        },
      },
    ]
    await writeFile(place, `${lines.map((line) => JSON.stringify(line)).join('\n')}\nnot json\n`)
    const { files } = await foundInput(place)
    const [claim] = await mattermost.claims(files)
    const { events, metadata } = await mattermost.read(files, claim!)
    expect(events.map(({ t, data }) => [t, (data as { text: string }).text])).toEqual([
      [0, 'one'],
      [500, 'three'],
      [1250, 'two'],
      [2000, 'four'],
    ])
    expect(metadata['attendees']).toEqual([{ name: 'ada' }])
  })
})
