-- Formats that conversions here have learned: the next archive of such a kind is read at once.
create table learned_layouts (
  -- The same for archives of the same kind.
  signature text primary key check (signature ~ '^[0-9a-f]{16}$'),
  -- Archives that are read by it are called `learned:NAME`.
  name text not null unique,
  layout jsonb not null,
  learned_at timestamptz not null default now()
);
