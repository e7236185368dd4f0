-- Whole files that are uploaded (packages/protocol/UPLOAD.md).

-- The range of the file that its body begins with: `moov`, where the file has it at its end.
alter table recordings
  add column front_offset bigint check (front_offset > 0),
  add column front_length bigint check (front_length > 0),
  add check ((front_offset is null) = (front_length is null));

create table uploads (
  recording_id uuid primary key references recordings (id) on delete cascade,
  size bigint not null check (size > 0),
  -- What the sender says identifies the file, so that it can go on after it lost everything else.
  fingerprint text not null,
  -- Upload-Metadata as it came, by key.
  metadata jsonb not null,
  touched_at timestamptz not null default now()
);
create index uploads_touched on uploads (touched_at);
