-- Requests for the pixel and the links of sent mails. Addresses and agents are forgotten after a while; what was learned
-- from them is in the event log.
create table tracked_hits (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null,
  send_id      bigint not null,
  kind         text not null constraint tracked_hits_kind check (kind in ('open', 'click')),
  at           timestamptz not null,       -- business time of the answer
  method       text not null,
  agent        text not null,
  address      text not null,
  link         smallint not null,          -- from 1, in the order of the letter; 0 for an open
  url          text not null,
  class        text constraint tracked_hits_class check (class in ('human', 'proxy', 'prefetch', 'scanner', 'self')),
                                           -- null: not judged yet; others of the same mail may still come
  facts        jsonb                       -- what the event will say of the mail; null once it was judged
);
create index tracked_hits_of_send on tracked_hits (workspace_id, send_id, at);
create index tracked_hits_to_judge on tracked_hits (at) where class is null;
create index tracked_hits_by_age on tracked_hits (at);

-- How far the files of hits have been copied, see campaigns/tracking/spool.py. A row outlives its file by a day.
create table spool_files (
  name      text primary key,
  loaded    bigint not null,               -- bytes
  loaded_at timestamptz not null default clock_timestamp()
);

-- Host names of the users' own under which pixel and links are served.
create table tracking_domains (
  workspace_id bigint not null references workspaces,
  domain       text not null,
  state        text not null constraint tracking_domains_state check (state in (
                 'pending',    -- not shown to lead here yet: -> verified
                 'verified',   -- leads here: used by new letters; -> pending when it no longer does
                 'removed'
               )),
  proof        text not null,              -- what the domain must answer under /.well-known/fairlead-domain/
  problem      text,                       -- what the last check found wrong, in words
  checked_at   timestamptz,
  made_at      timestamptz not null,
  primary key (workspace_id, domain)
);
-- A host leads to one workspace: of two that claim it, the one that can show it has it.
create unique index one_workspace_per_tracking_domain on tracking_domains (domain) where state = 'verified';

-- Certificates of tracking domains and the account with the authority that gives them (ACME, RFC 8555).
create table tracking_certificates (
  domain      text primary key,
  private_key bytea,                       -- sealed; null while none was given
  chain       text,                        -- PEM, the domain's own certificate first
  ends_at     timestamptz,                 -- real time: authorities know no other
  problem     text,                        -- what the authority said at the last try
  tried_at    timestamptz not null
);

create table acme_accounts (
  directory   text primary key,            -- address of the authority
  private_key bytea not null,              -- sealed
  uri         text                         -- null: not registered yet
);

-- What the authority will ask for under /.well-known/acme-challenge/; any web process answers.
create table acme_challenges (
  token   text primary key,
  answer  text not null,
  made_at timestamptz not null default clock_timestamp()
);
