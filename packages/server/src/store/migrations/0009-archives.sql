-- Recordings as archives (packages/umf/SPEC.md).

-- Grows with everything that changes what a recording's archive says.
alter table recordings add column generation bigint not null default 1 check (generation >= 1);

-- SHA-256 of a body in pieces of 16 MiB, 32 bytes each, in the order of the body.
create table body_digests (
  recording_id uuid primary key references recordings (id) on delete cascade,
  -- As it was received; null for what was published before these were kept.
  received bytea check (length(received) % 32 = 0),
  -- Of the media in the MP4 view, where that is not what was received, and of which view.
  shown bytea check (length(shown) % 32 = 0),
  shown_as text,
  check ((shown is null) = (shown_as is null))
);

-- Archives that were uploaded: what they hold beside picture and sound stays in their bodies.
create table uploaded_archives (
  recording_id uuid primary key references recordings (id) on delete cascade,
  state text not null default 'checking' check (state in ('checking', 'restored', 'plain')),
  -- Why it is a plain recording, in words.
  note text,
  -- Extension boxes in the body: [[offset, bytes, digest], …].
  boxes jsonb not null default '[]',
  check (state <> 'plain' or note is not null)
);
create index uploaded_archives_checking on uploaded_archives (recording_id) where state = 'checking';
