import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { sourceFiles } from './source-files.ts'

/** package → packages of ours that it may import; arrows run one way (ARCHITECTURE.md). */
const allowed: Record<string, readonly string[]> = {
  media: [],
  umf: ['media'],
  protocol: [],
  sandbox: [],
  pipeline: [],
  processors: ['sandbox', 'umf', 'media'],
  converter: ['processors', 'pipeline', 'sandbox', 'umf'],
  recorder: ['protocol', 'media'],
  encoder: ['protocol', 'media', 'sandbox'],
  decoder: ['protocol', 'media', 'sandbox'],
  player: ['protocol', 'umf', 'media'],
  uploader: ['protocol', 'media'],
  server: ['converter', 'processors', 'pipeline', 'umf', 'media', 'protocol', 'sandbox'],
  web: ['protocol', 'umf', 'recorder', 'player', 'uploader'],
  rushes: [
    'umf',
    'media',
    'protocol',
    'sandbox',
    'pipeline',
    'processors',
    'converter',
    'recorder',
    'encoder',
    'decoder',
    'player',
    'uploader',
    'server',
    'web',
  ],
}

/** Rooms of the server: each imports only from those behind it. */
const rooms = [
  'backup',
  'http',
  'import',
  'convert',
  'archive',
  'deliver',
  'upload',
  'fleet',
  'live',
  'receive',
  'publish',
  'process',
  'search',
  'notify',
  'access',
  'catalog',
  'body',
  'store',
]

const importForm =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

/** Imports against the direction, packages that are not declared, and cycles. */
export function checkImports(): string[] {
  const problems: string[] = []
  const graph = new Map<string, string[]>()
  for (const file of sourceFiles().filter((name) => name.startsWith('packages/') && /\/src\/.*\.ts$/.test(name))) {
    const owner = file.split('/')[1]!
    const test = file.endsWith('.test.ts')
    const edges: string[] = []
    for (const match of readFileSync(file, 'utf8').matchAll(importForm)) {
      const target = (match[1] ?? match[2] ?? match[3])!
      const ours = /^@rushes\/([a-z]+)(?:\/[a-z]+)?$/.exec(target)?.[1]
      if (ours !== undefined) {
        if (!test && !allowed[owner]?.includes(ours))
          problems.push(`${file} imports ${target}: ${owner} may not import ${ours}`)
      } else if (target.startsWith('.')) {
        const resolved = normalize(join(dirname(file), target))
        edges.push(resolved)
        if (!test && !resolved.startsWith(`packages/${owner}/`)) problems.push(`${file} reaches into ${resolved}`)
        const from = roomOf(file)
        const to = roomOf(resolved)
        if (!test && from !== null && to !== null && from !== to && rooms.indexOf(from) > rooms.indexOf(to)) {
          problems.push(`${file} imports ${resolved}: ${from} may not import ${to}`)
        }
      }
    }
    if (!test) graph.set(file, edges)
  }
  return [...problems, ...cycles(graph)]
}

function roomOf(file: string): string | null {
  const room = /^packages\/server\/src\/([a-z]+)\//.exec(file)?.[1]
  return room !== undefined && rooms.includes(room) ? room : null
}

function cycles(graph: Map<string, string[]>): string[] {
  const found: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      found.push(`import cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`)
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) if (graph.has(next)) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}
