// npm start: builds the pages when their sources changed, then becomes the server.
import { buildPages } from './pages.ts'

buildPages()
process.argv.splice(2, process.argv.length, 'serve', ...process.argv.slice(2))
await import('../packages/rushes/src/main.ts')
