-- Which archive (packages/umf/SPEC.md, F4) a recording is: no two are one.

-- Null: its own id, or, of an uploaded archive, the one that this has.
alter table recordings add column archive_id uuid;
create unique index recordings_archive_id on recordings (coalesce(archive_id, id)) where deleted_at is null;
