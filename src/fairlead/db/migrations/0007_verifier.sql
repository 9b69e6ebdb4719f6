-- The last verdict on an address, for the whole installation: what one workspace has asked, another need not ask again.
create table verdicts (
  address_key    text primary key,        -- kit.text.address_key
  status         text not null constraint verdicts_status check (status in ('valid', 'not_valid', 'unknown')),
  reason         text not null,           -- a word of verifier/model.py, Reason
  flags          smallint not null,       -- bits: 1 valid format, 2 disposable, 4 webmail, 8 role, 16 gibberish
  mx             text,                    -- the best mail server of the domain
  checked_at     timestamptz not null,    -- business time
  first_asked_at timestamptz not null,    -- business time at which this round of questions began
  retry_at       timestamptz,             -- business time of the next question; null: settled
  by_operator    boolean not null default false,  -- asked for at the command line: known to every workspace
  constraint verdicts_that_are_open check (retry_at is null or status = 'unknown')
) with (fillfactor = 90);
create index verdicts_open on verdicts (split_part(address_key, '@', -1), retry_at) where retry_at is not null;

-- What other rooms' statements may ask of this one: the last verdicts on those of `addresses` that have one.
create function verdicts_among(addresses text[])
  returns table (address_key text, smtp_status text, reason text, is_valid_format boolean, is_disposable boolean,
                 is_webmail boolean, is_role boolean, is_gibberish boolean, checked_at timestamptz)
  language sql stable parallel safe as
$$ select v.address_key, v.status, v.reason, v.flags & 1 > 0, v.flags & 2 > 0, v.flags & 4 > 0, v.flags & 8 > 0,
          v.flags & 16 > 0, v.checked_at
     from verdicts v where v.address_key = any (addresses) $$;

-- What was learned of domains and servers, with its age; whoever asks believes what is young enough.
create table mail_domains (
  domain           text primary key,
  accepts_anything boolean,               -- whether a name nobody has was accepted; null: not known
  made_up          text,                  -- the local part asked for while the domain was greylisting
  mx               text,                  -- the best host
  greylists_at     timestamptz,           -- business time at which it last put us off
  learned_at       timestamptz not null   -- business time
);

create table mail_servers (
  address     inet primary key,
  lockstep    boolean not null default false,  -- announces pipelining and does not bear it
  rejects     int,                        -- so many refusals in a session and it was still quick; null: no limit met
  recipients  int,                        -- accepted in one transaction
  answers     int,                        -- recipients answered in one session before it closed
  connections int,                        -- open at the same time
  learned_at  timestamptz not null        -- business time
);

-- Politeness across processes, in machine time. Unlogged: after a crash the counts start anew.
create unlogged table verifier_windows (
  subject   text primary key,             -- 'minute google', 'day google', 'blocks', 'sessions'
  opened_at timestamptz not null,
  used      int not null
) with (fillfactor = 50);

create unlogged table verifier_seats (
  server      text not null,              -- the addresses of a mail server
  seat        int not null,
  lease_until timestamptz not null,       -- a process that died keeps its seats so long
  primary key (server, seat)
) with (fillfactor = 50);

create table verification_batches (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  token        text not null constraint verification_tokens_differ unique,
  kind         text not null constraint verification_batches_kind check (kind in (
                 'task',    -- answered within a minute, whatever is known by then
                 'legacy',  -- answered when settled, paid for by valid and not_valid
                 'list'     -- of any size, paid for as it goes
               )),
  state        text not null default 'running' constraint verification_batches_state check (state in (
                 'running',             -- -> completed, -> not_enough_credits
                 'completed',           -- every address has its verdict
                 'not_enough_credits'   -- those without a verdict stay without
               )),
  name         text not null default '',
  total        int not null,
  remaining    int not null constraint verification_batches_remaining check (remaining between 0 and total),
  reservation  bigint,                    -- credits held until it is completed; null for lists and where all was paid for
  reserved     numeric(16,2) not null default 0,
  answer_by    timestamptz,               -- machine time at which a task answers what it has
  when_done    jsonb,                     -- the job to put in when it is completed: kind and payload
  made_at      timestamptz not null,      -- business time
  finished_at  timestamptz                -- business time
);
create index verification_batches_of_workspace on verification_batches (workspace_id, id);
create index verification_batches_by_end on verification_batches (finished_at) where finished_at is not null;

create table verification_items (
  batch_id    bigint not null references verification_batches on delete cascade,
  address_key text not null,              -- what is no address stands for itself, if need be by its hash
  address     text not null,              -- as it was asked for
  domain      text not null,              -- those of one domain are asked for together; '' for what is no address
  state       text not null default 'due' constraint verification_items_state check (state in (
                'due',   -- to be asked for: -> open, -> done, -> unpaid
                'open',  -- put off, asked for again by the schedule: -> done
                'done',
                'unpaid' -- the credits did not reach
              )),
  leased_by   bigint,                     -- the job that is asking; its next run goes on with what it had
  lease_until timestamptz,                -- machine time after which others may ask
  reason      text,                       -- with flags, mx and checked_at the verdict that stands; kept as it was given
  flags       smallint,
  mx          text,
  checked_at  timestamptz,
  primary key (batch_id, address_key),
  constraint verification_items_done check (state <> 'done' or (reason is not null and flags is not null and checked_at is not null))
) with (fillfactor = 70);
create index verification_items_due on verification_items (batch_id, domain, address_key) where state = 'due';
create index verification_items_open on verification_items (address_key) where state = 'open';
create index verification_items_by_address on verification_items (address_key, batch_id);
