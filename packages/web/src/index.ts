import { fileURLToPath } from 'node:url'

/** Where `vite build packages/web` puts the pages; for the server that serves them. */
export const pagesFolder: string = fileURLToPath(new URL('../dist', import.meta.url))
