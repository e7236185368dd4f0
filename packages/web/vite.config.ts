import { fileURLToPath } from 'node:url'
import type { UserConfig } from 'vite'

const config: UserConfig = {
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: {
    // What package.json of Lit and media-chrome, light-dark() and OPFS need anyway.
    target: ['chrome123', 'firefox128', 'safari17.5'],
    // The server's policy is `default-src 'self'`: a data: URL would be refused.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
}

export default config
