-- Alerts of encoders, and the addresses that are told (packages/protocol/DELIVERY.md, Fleet).

-- By kind, the episodes that were told and are not over.
alter table encoders add column episodes jsonb not null default '{}';

create table alert_limits (
  owner_id uuid primary key references users (id) on delete cascade,
  behind_seconds integer not null,
  silent_seconds integer not null,
  spool_percent integer not null
);

create table webhooks (
  id uuid primary key,
  owner_id uuid not null references users (id) on delete cascade,
  url text not null,
  secret bytea not null,
  created_at timestamptz not null default now(),
  delivered_at timestamptz,
  -- Of the last attempt, where it failed.
  last_error text
);
create index webhooks_owner on webhooks (owner_id);

create table webhook_messages (
  id uuid primary key,
  webhook_id uuid not null references webhooks (id) on delete cascade,
  -- The very characters that are signed.
  body text not null,
  created_at timestamptz not null default now(),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now()
);
create index webhook_messages_due on webhook_messages (next_attempt_at);
create index webhook_messages_webhook on webhook_messages (webhook_id);
