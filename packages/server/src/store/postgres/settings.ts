/**
 * The server's settings, given on its command line, where they win over files in the data directory.
 * Measured for one small machine: tens of thousands of rows, some tens of writers, little memory.
 */
export const postgresSettings: Readonly<Record<string, string>> = {
  // Only a Unix socket in the data directory, which nobody but Postgres's user (and root) may enter.
  listen_addresses: '',
  // Relative to the data directory: socket paths end at 107 bytes, and this one is always 17.
  unix_socket_directories: '.',
  unix_socket_permissions: '0700',
  max_connections: '40',
  // Durable before acknowledged; the defaults, said so that no postgresql.auto.conf takes them back.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Pages are touched as they are used, so that an idle server stays near 30 MB.
  shared_buffers: '64MB',
  huge_pages: 'off',
  // Not in /dev/shm, which systemd-logind empties when a user's last session ends (RemoveIPC).
  dynamic_shared_memory_type: 'mmap',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  effective_cache_size: '512MB',
  // No worker processes for reads that fit into memory anyway.
  io_method: 'sync',
  jit: 'off',
  random_page_cost: '1.1',
  wal_compression: 'on',
  min_wal_size: '48MB',
  max_wal_size: '512MB',
  max_wal_senders: '2',
  max_logical_replication_workers: '0',
  idle_in_transaction_session_timeout: '60s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The supervisor waits for the line "database system is ready", so it stays in English on stderr.
  lc_messages: 'C',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: '',
  log_checkpoints: 'off',
  // Statements and their values are people's data: a log is no place for them.
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
}
