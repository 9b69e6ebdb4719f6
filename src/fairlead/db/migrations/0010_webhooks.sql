-- Subscriptions of other systems to what happens in a workspace.
create table webhooks (
  id               bigint generated always as identity (start with 17) primary key,
  workspace_id     bigint not null references workspaces,
  member_id        bigint not null references members,  -- who made it, and is told when it stops
  url              text not null,
  event_object     text not null,           -- a pair of webhooks/catalog.py
  event_action     text not null,
  event_name       text,                    -- one of its single names, which may mean less than the pair
  status           text not null default 'active' constraint webhooks_status check (status in (
                     'active',              -- -> deactivated by its owner, or after the last try of a delivery
                     'deactivated'          -- -> active by its owner; what happened meanwhile is not sent
                   )),
  stopped_because  text,                    -- in words, where not its owner stopped it
  secret           bytea not null,          -- sealed; signs every delivery
  old_secret       bytea,                   -- sealed; signs beside the new one for a while
  old_secret_until timestamptz,             -- business time
  made_at          timestamptz not null,
  deleted_at       timestamptz
);
create index webhooks_of_workspace on webhooks (workspace_id, id) where deleted_at is null;

-- What is told: one row for an event and a pair, whoever listens.
create table webhook_events (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null,
  event_id     bigint not null,             -- of the log; together with the pair it happens once
  event_object text not null,
  event_action text not null,
  at           timestamptz not null,        -- business time of the event
  facts        jsonb not null,              -- the body without the keys that differ from hook to hook
  constraint webhook_events_once unique (event_id, event_object, event_action)
);
create index webhook_events_by_age on webhook_events (at);

create table webhook_deliveries (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null,
  webhook_id   bigint not null references webhooks,
  event        bigint not null references webhook_events on delete cascade,
  state        text not null default 'waiting' constraint webhook_deliveries_state check (state in (
                 'waiting',    -- tried at due_at: -> delivered, -> waiting, -> failed
                 'delivered',  -- -> waiting by a replay
                 'failed',     -- the last try failed: -> waiting by a replay
                 'dropped'     -- its webhook was deactivated or deleted first: -> waiting by a replay
               )),
  tries        smallint not null default 0, -- of this round; a replay begins a new one
  round        smallint not null default 1,
  due_at       timestamptz not null,        -- business time
  last_status  smallint,                    -- of HTTP; null where there was no answer
  changed_at   timestamptz not null
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, due_at, id) where state = 'waiting';
create index webhook_deliveries_of_webhook on webhook_deliveries (workspace_id, webhook_id, id);
create index webhook_deliveries_of_event on webhook_deliveries (event);

-- The delivery log.
create table webhook_attempts (
  delivery_id bigint not null references webhook_deliveries on delete cascade,
  round       smallint not null,
  number      smallint not null,
  at          timestamptz not null,         -- business time at which it began
  elapsed_ms  int not null,                 -- machine time
  status      smallint,                     -- of HTTP; null where there was no answer
  problem     text,                         -- why there was none, in words
  response    bytea,                        -- the first 20 kB
  headers     jsonb,                        -- of the answer
  primary key (delivery_id, round, number)
);

-- Which worker serves which webhook, in machine time. It outlives a crash of the database, as the worker does.
create table webhook_leases (
  webhook_id  bigint primary key,
  owner       bigint not null,
  lease_until timestamptz not null
) with (fillfactor = 50);
