-- Searches somebody started and comes back for: what was asked, what was found, what is held for it.
create table finder_tasks (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  token        text not null constraint finder_tokens_differ unique,  -- 32 hex digits
  kind         text not null,             -- a name in finder/kinds.py
  state        text not null constraint finder_tasks_state check (state in (
                 'running',             -- -> completed
                 'completed',
                 'not_enough_credits'
               )),
  request_key  bytea,                     -- SHA-256 of what was asked for, where it is found again by that
  request      jsonb not null,            -- as the kind understands it, and what the dialect shows again
  result       jsonb,                     -- what the kind found
  reservation  bigint,                    -- credits held until it is completed
  reserved     numeric(16,2) not null default 0,
  credits_each numeric(16,2) not null default 1,
  answer_by    timestamptz not null,      -- machine time by which whoever asked wants an answer
  when_done    jsonb,                     -- the job to put in when it is over: kind and payload
  made_at      timestamptz not null,      -- business time
  finished_at  timestamptz,
  constraint finder_tasks_over check ((finished_at is null) = (state = 'running')),
  constraint finder_tasks_found check (state <> 'completed' or result is not null)
);
create index finder_tasks_of_workspace on finder_tasks (workspace_id, id);
create index finder_tasks_by_request on finder_tasks (workspace_id, kind, request_key, id) where request_key is not null;
create index finder_tasks_by_end on finder_tasks (finished_at) where finished_at is not null;
