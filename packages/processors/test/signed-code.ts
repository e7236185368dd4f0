// Archives with code in them, and what is on this machine that code is to find none of.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { type Archive, type ItemFields, newSigningKey, openArchive, openEditor, signer, UmfWriter } from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { MemoryFile } from '../../umf/test/memory-file.ts'

export type SignedCode = {
  file: MemoryFile
  /** Of who has signed it. */
  key: string
  open(): Promise<Archive>
}

/** @param more of the item `code` */
export async function signedCode(source: string, more: Partial<ItemFields> = {}): Promise<SignedCode> {
  const file = new MemoryFile()
  const writer = new UmfWriter({ write: (bytes) => file.write(file.size, bytes.slice()), sha256 })
  const item = { name: 'code', type: 'code', contentType: 'text/javascript', ...more }
  await writer.add({ item, content: new TextEncoder().encode(source) })
  await writer.finish()
  const editor = await openEditor(file, sha256)
  const keys = await newSigningKey()
  await editor.sign([signer('Ada', keys)])
  const key = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey)).toString('base64')
  return { file, key, open: () => openArchive(file, { sha256 }) }
}

export type Trap = { port: number; reached(): number; close(): void }

/** TCP and UDP of one port that nobody is to reach. */
export async function openTrap(): Promise<Trap> {
  let count = 0
  const tcp = createServer((socket) => {
    count++
    socket.destroy()
  })
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  const { port } = tcp.address() as { port: number }
  const udp = createSocket('udp4', () => count++)
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve))
  return {
    port,
    reached: () => count,
    close() {
      tcp.close()
      udp.close()
    },
  }
}

/**
 * Code that finds its way out of its realm, by the constructor of what it is given, and then tries what Node has. It answers
 * what each attempt came to: `done: …`, or why not; of those that it is given as `only`.
 */
export function escapeAttempts({ file, port, pid }: { file: string; port: number; pid: number }): string {
  return `
const attempts = (node) => ({
  'reads a file': () => node('fs').readFileSync(${JSON.stringify(file)}, 'utf8'),
  'opens a file': () => node('fs').openSync(${JSON.stringify(file)}),
  'reads it later': () => node('fs').promises.readFile(${JSON.stringify(file)}, 'utf8'),
  'lists a folder': () => node('fs').readdirSync('/'),
  'looks at a file': () => node('fs').statSync(${JSON.stringify(file)}).size,
  'writes a file': () => node('fs').writeFileSync(${JSON.stringify(file)}, 'changed'),
  'writes beside it': () => node('fs').writeFileSync(${JSON.stringify(`${file}.new`)}, 'new'),
  'requires a file': () => node('module').createRequire(${JSON.stringify(file)})(${JSON.stringify(file)}),
  'starts a program': () => node('child_process').execFileSync('id'),
  'forks': () => String(node('child_process').fork('/x').pid),
  'starts a thread': () => String(new (node('worker_threads').Worker)('1', { eval: true }).threadId),
  'opens the inspector': () => node('inspector').open(0) ?? 'open',
  'loads an add-on': () => node('process').dlopen({ exports: {} }, ${JSON.stringify(file)}) ?? 'loaded',
  'binds to what is inside': () => node('process').binding('fs').open(${JSON.stringify(file)}),
  'kills': () => node('process').kill(${pid}, 'SIGKILL'),
  'sets a priority': () => node('os').setPriority(${pid}, 19) ?? 'set',
  'connects': () => new Promise((resolve, reject) => {
    const socket = node('net').connect(${port}, '127.0.0.1', () => resolve('connected'))
    socket.on('error', reject)
  }),
  'listens': () => new Promise((resolve, reject) => {
    const server = node('net').createServer().listen(0, '127.0.0.1', () => resolve('listens'))
    server.on('error', reject)
  }),
  'sends a datagram': () => new Promise((resolve, reject) => {
    const socket = node('dgram').createSocket('udp4')
    socket.on('error', reject)
    socket.send('x', ${port}, '127.0.0.1', (error) => error ? reject(error) : resolve('sent'))
  }),
  'asks by HTTP': () => node('process').getBuiltinModule('http') && new Promise((resolve, reject) =>
    node('http').get('http://127.0.0.1:${port}/', () => resolve('answered')).on('error', reject)),
  'asks for a name': () => new Promise((resolve, reject) =>
    node('dns').resolve('example.org', (error) => error ? reject(error) : resolve('resolved'))),
})

export default async function (input) {
  const { process } = input.constructor.constructor('return globalThis')()
  const node = (name) => name === 'process' ? process : process.getBuiltinModule(name)
  const ends = {}
  for (const [name, attempt] of Object.entries(attempts(node))) {
    if (input.only !== undefined && !input.only.includes(name)) continue
    try {
      ends[name] = 'done: ' + await attempt()
    } catch (error) {
      ends[name] = String(error?.code ?? error)
    }
  }
  return { ends, variables: Object.entries(process.env).join(' ') }
}`
}
