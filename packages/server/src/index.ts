export { defaultReceiveLimits, type ReceiveLimits } from './receive/limits.ts'
export { openServer, type Server, type ServerOptions } from './server.ts'
export { runStoreChecks, type StoreCheck } from './store/doctor.ts'
