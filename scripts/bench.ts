// npm run bench -- NAME: speed as ratios to peers that do the same work in the same run. The figures stand in
// docs/benchmarks.md.
const [name, ...args] = process.argv.slice(2)

const benches: Record<string, () => Promise<string>> = {
  publish: async () => (await import('../bench/publish.ts')).benchPublish(args),
  ingest: async () => (await import('../bench/ingest.ts')).benchIngest(args),
  live: async () => (await import('../bench/live-senders.ts')).benchLiveSenders(args),
  'live-view': async () => (await import('../bench/live-view.ts')).benchLiveView(args),
  delivery: async () => (await import('../bench/delivery.ts')).benchDelivery(args),
  parse: async () => (await import('../bench/parse.ts')).benchParse(args),
  spool: async () => (await import('../bench/spool.ts')).benchSpool(args),
  'record-cost': async () => (await import('../bench/record-cost.ts')).benchRecordCost(args),
  upload: async () => (await import('../bench/upload.ts')).benchUpload(args),
  umf: async () => (await import('../bench/umf.ts')).benchUmf(args),
  'umf-page': async () => (await import('../bench/umf-page.ts')).benchUmfPage(),
  'umf-export': async () => (await import('../bench/umf-export.ts')).benchUmfExport(args),
  discovery: async () => (await import('../bench/discovery.ts')).benchDiscovery(args),
  correlation: async () => (await import('../bench/correlation.ts')).benchCorrelation(args),
  carving: async () => (await import('../bench/carving.ts')).benchCarving(args),
  fixtures: async () => (await import('../bench/convert-fixtures.ts')).benchFixtures(args),
  rest: async () => (await import('../bench/rest.ts')).benchRest(args),
}

const bench = benches[name ?? '']
if (bench === undefined) {
  console.error(`which one? ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
console.log(await bench())
process.exit(0)
