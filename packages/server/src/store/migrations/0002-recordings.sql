-- Recordings and the links that share them. The bytes themselves lie in the body, not here.

create table recordings (
  id uuid primary key,
  owner_id uuid not null references users (id),
  title text not null,
  state text not null default 'receiving' check (state in ('receiving', 'published', 'discarded')),
  content_type text not null,
  created_at timestamptz not null default now(),
  -- Fencing: each new writer advances it, and nothing is published at an older one.
  epoch bigint not null default 0 check (epoch >= 0),
  -- SHA-256 of the sender's token.
  token_hash bytea not null check (length(token_hash) = 32),
  size bigint check (size >= 0),
  crc32 bigint check (crc32 between 0 and 4294967295),
  sha256 bytea check (length(sha256) = 32),
  end_reason text,
  published_at timestamptz,
  last_data_at timestamptz,
  duration_ms double precision check (duration_ms >= 0),
  summary jsonb not null default '{}',
  -- The link made by publishing, so that a repeated publish answers with the same one.
  publication_share_id text,
  deleted_at timestamptz,
  check (state <> 'published' or (size is not null and crc32 is not null and published_at is not null))
);
-- UUIDv7 sorts by creation, so the id alone is the key of a page.
create index recordings_of_owner on recordings (owner_id, id desc) where deleted_at is null;
create index recordings_receiving on recordings (id) where state = 'receiving' and deleted_at is null;

create table shares (
  id text primary key check (length(id) >= 22),
  recording_id uuid not null references recordings (id) on delete cascade,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  created_by uuid references users (id) on delete set null
);
create index shares_of_recording on shares (recording_id);
