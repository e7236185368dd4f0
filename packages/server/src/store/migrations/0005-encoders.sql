-- Encoders that report to this server and take orders from it (packages/protocol/DELIVERY.md, Fleet).

create table encoders (
  id uuid primary key,
  owner_id uuid not null references users (id) on delete cascade,
  name text not null,
  -- The name was given here: what the encoder calls itself no longer counts.
  renamed boolean not null default false,
  version text not null,
  host text not null,
  created_at timestamptz not null default now(),
  -- The last report that was written down; newer ones are in memory.
  report jsonb,
  reported_at timestamptz,
  generation bigint not null default 0,
  last_order jsonb,
  ordered_at timestamptz,
  order_taken boolean not null default false,
  schedule jsonb not null default '[]'
);
create index encoders_owner on encoders (owner_id);
