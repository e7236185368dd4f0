-- What happens in a recording besides picture and sound (packages/protocol/SPEC.md, Events).

create table recording_events (
  recording_id uuid not null references recordings (id) on delete cascade,
  number integer not null check (number >= 0),
  -- ms on the clock of the body.
  t double precision not null check (t >= 0),
  kind text not null,
  -- JSON as text: jsonb refuses U+0000, and writes 1e308 out as 309 digits.
  data text not null,
  primary key (recording_id, number)
);
create index recording_events_marks on recording_events (recording_id, t) where kind = 'mark';
