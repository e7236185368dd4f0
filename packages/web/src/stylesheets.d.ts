// Vite turns these imports into linked, hashed files.
declare module '*.css'
