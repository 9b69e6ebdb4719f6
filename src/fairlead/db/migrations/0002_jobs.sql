-- Work that is due or will be, put in by the transaction that makes it due.
--
-- A job that is done is deleted: what happened is told by the event log and by the rows of the rooms, and a table
-- that holds only what is left to do stays small.
create table jobs (
  id           bigint generated always as identity primary key,
  state        text not null default 'waiting' constraint jobs_state check (state in (
                 'waiting',   -- runs from due_at on: -> running
                 'running',   -- leased: -> deleted (done), -> waiting (postponed, given back, failed, lease over),
                              -- -> parked
                 'parked'     -- tries used up, or nobody can run it: -> waiting (a person retries it), -> deleted (drops it)
               )),
  priority     smallint not null constraint jobs_priority check (priority in (
                 0,           -- urgent: a person is waiting
                 1,           -- normal
                 2            -- bulk: may take hours
               )),
  due_at       timestamptz not null,      -- business time
  kind         text not null,             -- names the handler
  payload      jsonb not null,
  workspace_id bigint,                    -- null: work of the whole installation
  once_key     text,                      -- what the work is for; one live job of a kind with the same key
  -- Counted when a run begins, so that a run that kills its process counts.
  tries        int not null default 0 constraint jobs_tries check (tries >= 0),
  max_tries    int not null constraint jobs_max_tries check (max_tries > 0),
  lease_number bigint not null default 0, -- grows with each lease; a worker with an older number changes nothing
  lease_until  timestamptz,               -- machine time of the database
  run_again_at timestamptz,               -- business time; the same work was asked for while it was running
  last_error   text,                      -- class and first line of the last failure, without secrets
  parked_at    timestamptz,               -- business time
  constraint jobs_lease  check ((state = 'running') = (lease_until is not null)),
  constraint jobs_parked check ((state = 'parked') = (parked_at is not null))
) with (
  -- Every row is written two or three times within seconds; the dead ones must go before they slow the claim.
  fillfactor = 80,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_analyze_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0
);

-- The claim reads the head of each priority; future jobs lie behind it and are never touched.
create index jobs_due on jobs (priority, due_at, id) where state = 'waiting';

-- Not on lease_until: a heartbeat changes that column only, and so stays within its page.
create index jobs_running on jobs (id) where state = 'running';

create index jobs_parked_by_time on jobs (parked_at, id) where state = 'parked';

-- A parked job keeps its key: work that failed for good is not quietly begun anew.
create unique index jobs_once on jobs (kind, once_key) where once_key is not null;

-- What is done every so often: one row per name, see engine/periodic.py.
create table periodic (
  name      text primary key,
  last_tick timestamptz                   -- business time, a whole multiple of the interval; null: never yet
);
