import { type ApiClient, apiClient } from '@rushes/protocol'

/** The server that these pages came from; the session cookie says who asks. */
export const server: ApiClient = apiClient({ server: '' })
