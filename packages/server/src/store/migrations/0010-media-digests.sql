-- A recording whose media are shown as they were received has their digest already: the body's own.

drop table body_digests;

-- SHA-256 of the media in the MP4 view, where they are not the body as it was received.
create table media_digests (
  recording_id uuid primary key references recordings (id) on delete cascade,
  -- Of which view.
  shown_as text not null,
  sha256 bytea not null check (length(sha256) = 32)
);
