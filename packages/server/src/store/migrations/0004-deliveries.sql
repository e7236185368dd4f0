-- Deliveries: recordings that come as files of a manifest (packages/protocol/DELIVERY.md). The files lie in the store.

create table deliveries (
  recording_id uuid primary key references recordings (id) on delete cascade,
  delivered_at timestamptz,
  certificate jsonb,
  check ((delivered_at is null) = (certificate is null))
);
create index deliveries_undelivered on deliveries (recording_id) where delivered_at is null;

create table delivery_entries (
  recording_id uuid not null references deliveries (recording_id) on delete cascade,
  number integer not null check (number >= 0),
  entry jsonb not null,
  primary key (recording_id, number)
);

-- What certificates are signed with; one key for the server.
create table signing_keys (
  id smallint primary key check (id = 1),
  -- SubjectPublicKeyInfo and PKCS #8, DER.
  public_key bytea not null,
  private_key bytea not null
);
