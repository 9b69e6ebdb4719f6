create table workspaces (
  id                bigint generated always as identity (start with 1001) primary key,
  name              text not null,
  plan              text not null,                 -- a name of accounts/plans.py
  rate_limit        int,                           -- requests a minute; null: no limit
  credits_unlimited boolean not null,              -- counted, never run out
  credits           numeric(16,2) not null default 0,  -- what can still be spent; reservations are taken off
  recipients_used   int not null default 0,        -- different people written to in this period
  period_ends_at    timestamptz not null,          -- business time: the monthly limits start anew
  plan_ends_at      timestamptz not null,          -- business time: the plan renews itself
  made_at           timestamptz not null,
  constraint workspaces_rate_limit check (rate_limit > 0),
  constraint credits_never_below_zero check (credits >= 0 or credits_unlimited)
);

create table members (
  id           bigint generated always as identity (start with 424201) primary key,
  workspace_id bigint not null references workspaces,
  email        text not null,
  name         text not null,
  role         text not null constraint members_role check (role in ('owner', 'manager', 'member')),
  sees_all     boolean not null,   -- all records of the workspace, or only their own
  made_at      timestamptz not null,
  constraint one_member_per_address unique (workspace_id, email)
);

create table api_clients (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  member_id    bigint not null references members,
  client_id    text not null constraint client_ids_differ unique,
  secret_hash  bytea not null,
  dialect      text not null constraint api_clients_dialect check (dialect in ('reference', 'openapi')),
  made_at      timestamptz not null,
  revoked_at   timestamptz
);
create index api_clients_of_workspace on api_clients (workspace_id);

-- Life is machine time: a token of an hour is one of sixty real minutes, also where business time is scaled.
create table access_tokens (
  token_hash    bytea primary key,
  api_client_id bigint not null references api_clients,
  workspace_id  bigint not null references workspaces,
  expires_at    timestamptz not null
);
create index access_tokens_by_end on access_tokens (expires_at);

create table api_keys (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  member_id    bigint not null references members,
  key_hash     bytea not null constraint api_keys_differ unique,
  hint         text not null,      -- the first characters, by which its owner knows it
  made_at      timestamptz not null,
  revoked_at   timestamptz
);
create index api_keys_of_workspace on api_keys (workspace_id);

-- Windows of machine time: requests of a workspace, failed sign-ins of a client or an address. Unlogged: after a
-- crash a window starts anew, and no request waits for the disk because it was counted.
create unlogged table rate_windows (
  subject   text primary key,   -- 'workspace 1001', 'client abc', 'address 192.0.2.1', 'emails-found 1001'
  opened_at timestamptz not null,
  used      int not null
) with (fillfactor = 50);

create table credit_entries (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  at           timestamptz not null,
  kind         text not null constraint credit_entries_kind check (kind in (
    'grant',     -- credits put in, by the plan or by hand
    'reserve',   -- worst case of a task, taken off before it starts
    'release',   -- what the task did not use, given back
    'charge',    -- what the task used; changes nothing, the reservation already did
    'expire'     -- credits of a plan that does not carry them over
  )),
  credits      numeric(16,2) not null,  -- as it changes the balance; for 'charge' what was spent
  reservation  bigint,
  note         text not null default ''
);
create index credit_entries_of_workspace on credit_entries (workspace_id, id);

create function refuse_change() returns trigger language plpgsql as
$$ begin raise exception '% is append-only', tg_table_name; end $$;
create trigger credit_entries_append_only before update or delete or truncate on credit_entries
  execute function refuse_change();

create table credit_reservations (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  credits      numeric(16,2) not null,
  made_at      timestamptz not null,
  settled_at   timestamptz
);
create index credit_reservations_open on credit_reservations (made_at) where settled_at is null;

-- What a workspace has paid for once it never pays for again. The key is a hash of endpoint and inputs.
create table charged_requests (
  workspace_id bigint not null references workspaces,
  request_key  bytea not null,
  charged_at   timestamptz not null,
  primary key (workspace_id, request_key)
);

-- Different people a workspace has written to in its current period.
create table period_recipients (
  workspace_id bigint not null references workspaces,
  period_ends  timestamptz not null,
  address_hash bytea not null,
  primary key (workspace_id, period_ends, address_hash)
);
