-- The log of facts: append-only, read by position.
--
-- A position is (writer, id). `writer` is the number of the transaction that wrote the row, so a reader that stays
-- below the oldest transaction still running can never be overtaken by one that commits late; see events/store.py.
create sequence events_id;

create table events (
  writer       bigint not null,           -- event_log.base + transaction number
  id           bigint not null default nextval('events_id'),
  at           timestamptz not null,      -- business time
  workspace_id bigint,                    -- null: a fact about the whole installation
  kind         text not null,             -- declared by the room that writes it
  body         jsonb not null constraint events_body check (jsonb_typeof(body) = 'object'),
  -- The position leads, not the workspace: readers follow the whole log. `at` is there because PostgreSQL wants the
  -- partition's column in every key.
  constraint events_key primary key (writer, id, at)
) partition by range (at);

alter sequence events_id owned by events.id;

-- One partition a month is made ahead of time; this one takes what no month covers until it gets its own.
create table events_default partition of events default;

-- One row: what is added to transaction numbers. A dump restored into a new cluster meets small numbers again; the
-- base is then raised, so that positions go on growing.
create table event_log (
  only_row boolean primary key default true constraint event_log_has_one_row check (only_row),
  base     bigint not null
);
insert into event_log (base) values (0);

-- How far each named reader has come.
create table event_readers (
  name   text primary key,
  writer bigint not null,
  id     bigint not null
);

-- What other rooms' statements may ask of this one: `events.actions.record` from inside a statement. In plpgsql,
-- which keeps its plan.
create function record_event(bigint, text, timestamptz, jsonb) returns bigint language plpgsql volatile as
$$
declare
  event_id bigint;
begin
  insert into events (writer, at, workspace_id, kind, body)
  select event_log.base + pg_current_xact_id()::text::bigint, $3, $1, $2, $4 from event_log
  returning id into event_id;
  return event_id;
end
$$;
