-- The content of recordings, item by item (packages/umf/SPEC.md, Access).

-- What whoever has a link counts as: 1000 without attributes is anybody.
alter table shares
  add column level bigint not null default 1000 check (level between 1 and 2147483648),
  add column attributes jsonb not null default '{}';

-- How many items were made of a recording's own: the number of the next one.
alter table recordings add column derived integer not null default 0 check (derived >= 0);

-- What was made of items; its bytes are in the recording's folder, in a file that is named by their digest.
create table derived_items (
  recording_id uuid not null references recordings (id) on delete cascade,
  number integer not null check (number >= 0),
  -- SHA-256, in hex, of what it was made from and how: whoever asks for the same gets the same.
  made_as text not null,
  for_owner boolean not null,
  name text not null,
  type text not null,
  content_type text not null,
  length bigint not null check (length > 0),
  sha256 bytea not null check (octet_length(sha256) = 32),
  -- Names of the items that it was made from. It has their limits, which are asked for whenever it is.
  sources jsonb not null,
  made_by text not null,
  created_at timestamptz not null default now(),
  primary key (recording_id, number),
  unique (recording_id, made_as),
  unique (recording_id, name)
);
