-- Who may do what: users, their sessions and keys, and the link that makes the first of them.

create table users (
  id uuid primary key,
  -- Null while the owner exists only through the environment key and has not chosen an account yet.
  email text,
  name text not null default '',
  -- PHC string; null means that no password opens this account.
  password_hash text,
  role text not null check (role in ('owner', 'member')),
  created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));
create unique index users_one_owner on users (role) where role = 'owner';

create table sessions (
  -- SHA-256 of the cookie's token: who reads the database cannot sign in with what is in it.
  id_hash bytea primary key check (length(id_hash) = 32),
  user_id uuid not null references users (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_seen_at timestamptz not null default now(),
  user_agent text not null default ''
);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);

create table api_keys (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  name text not null,
  hash bytea not null unique check (length(hash) = 32),
  origin text not null check (origin in ('environment', 'created')),
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_user on api_keys (user_id);
create unique index api_keys_one_environment on api_keys (origin) where origin = 'environment' and revoked_at is null;

create table setup_links (
  hash bytea primary key check (length(hash) = 32),
  created_at timestamptz not null default now(),
  used_at timestamptz
);
