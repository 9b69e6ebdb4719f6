-- Who is in which campaign, where each one stands, and what was done for them.

-- What other rooms' statements may ask of prospects. One row for each member of a list, in the order of the list.
create function recipients_of_list(workspace bigint, list bigint, after bigint, most int)
  returns table ("position" bigint, prospect_id bigint, email text, email_key text, other_emails text[], country text,
                 locality text)
  language sql stable parallel safe as
$$ select m.position, p.id, p.email, p.email_key, p.other_emails, p.country, p.locality
     from list_members m join prospects p on p.workspace_id = m.workspace_id and p.id = m.prospect_id
    where m.workspace_id = workspace and m.list_id = list and m.position > after and p.deleted_at is null
    order by m.position limit most $$;

-- The same for one prospect.
create function recipient(workspace bigint, prospect bigint)
  returns table ("position" bigint, prospect_id bigint, email text, email_key text, other_emails text[], country text,
                 locality text)
  language sql stable parallel safe as
$$ select 0::bigint, p.id, p.email, p.email_key, p.other_emails, p.country, p.locality
     from prospects p where p.workspace_id = workspace and p.id = prospect and p.deleted_at is null $$;

-- The position of the last member of a list; 0 where there is none.
create function last_of_list(workspace bigint, list bigint) returns bigint language sql stable parallel safe as
$$ select coalesce(max(m.position), 0) from list_members m where m.workspace_id = workspace and m.list_id = list $$;

-- Those of some addresses that a global do-not-email list or the named one stops, by address or by domain.
create function blocked_among(workspace bigint, addresses text[], named_list bigint)
  returns setof text language sql stable parallel safe as
$$ with stops as (
     select id from do_not_email_lists
      where workspace_id = workspace and deleted_at is null and (stops_all or id = named_list))
   select a from unnest(addresses) as a
     join do_not_email_items i on i.workspace_id = workspace and i.item = a
    where i.list_id in (select id from stops)
    union
   select a from unnest(addresses) as a
     join do_not_email_items i on i.workspace_id = workspace and i.item = split_part(a, '@', -1)
    where i.list_id in (select id from stops) $$;

-- Without foreign keys: checking them for each row would halve the speed of enrolling. Campaigns and prospects are
-- marked as deleted, never removed; erasing a person removes these rows first.
create table enrollments (
  workspace_id bigint not null,
  id           bigint generated always as identity,
  campaign_id  bigint not null,
  prospect_id  bigint not null,
  version_id   bigint not null,           -- the version of the sequence that it follows
  node_key     text not null,             -- the node that is next, or is being done
  address      text,                      -- as it is written to
  address_key  text not null,             -- as it is compared; '#' and the prospect's id for one without an address
  domain       text not null,             -- of the address
  zone         text,                      -- of the recipient, from their place; null: not known
  state        text not null constraint enrollments_state check (state in (
                 'to_check',     -- nobody has looked at it yet: -> active, -> excluded
                 'active',       -- -> any other
                 'parked',       -- waits for something a person must do: -> active
                 'paused',       -- by a person: -> active
                 'over_limit',   -- the month's recipients are used up; a person makes it active again
                 'finished', 'unsubscribed', 'bounced', 'moved', 'excluded', 'failed'  -- the end
               )),
  reason       text,                      -- a word: why it is in this state
  lane         smallint not null,         -- what the node is: 0 the first mail, 1 a follow-up, 2 anything else
  visit        int not null default 1,    -- how many times it has come to a node by way of a loop
  mailbox_id   bigint,                    -- that writes to it, from the first mail to the last
  due_at       timestamptz not null,      -- business time since when the node could be done
  look_at      timestamptz,               -- business time when it is looked at next; null: a mail is on its way
  run_id       bigint,                    -- of its last mail
  sent         smallint not null default 0,   -- mails
  opened       smallint not null default 0,   -- of people, as the next two
  clicked      smallint not null default 0,
  replied      smallint not null default 0,
  row_version  int not null default 0,    -- grows with every change of place or state
  enrolled_at  timestamptz not null,
  ended_at     timestamptz,
  primary key (workspace_id, campaign_id, id),
  -- By address within a workspace, by company within a workspace, and one for each address of a campaign.
  constraint one_enrollment_per_address unique (workspace_id, domain, address_key, campaign_id)
) with (
  fillfactor = 85,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_analyze_scale_factor = 0.05
);
create index enrollments_to_look_at on enrollments (campaign_id, lane, look_at)
  where look_at is not null and state in ('to_check', 'active');

-- What was done for an enrollment: one row for each mail.
create table step_runs (
  workspace_id  bigint not null,
  id            bigint generated always as identity,
  enrollment_id bigint not null,
  campaign_id   bigint not null,
  node_key      text not null,
  visit         int not null,
  variant_id    bigint,
  mailbox_id    bigint not null,
  send_id       bigint not null,
  is_first      boolean not null,         -- of the enrollment: counts as a new recipient
  state         text not null constraint step_runs_state check (state in (
                  'planned',         -- -> sent, presumed_sent, needs_decision, failed; deleted when withdrawn
                  'needs_decision',  -- sent or not, a person decides: -> sent, presumed_sent, failed
                  'presumed_sent',   -- -> sent
                  'sent', 'failed'
                )),
  counted_on    date,                     -- the campaign's day on which it counts; null: on none
  planned_at    timestamptz not null,
  finished_at   timestamptz,
  opened_at     timestamptz,              -- first, by a person; as the next three
  clicked_at    timestamptz,
  replied_at    timestamptz,
  booked_at     timestamptz,
  primary key (workspace_id, id),
  constraint one_run_per_send unique (workspace_id, send_id),
  constraint one_run_per_visit unique (workspace_id, enrollment_id, node_key, visit)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- Mails of a campaign by the days of its zone, only of campaigns that have a daily limit.
create table campaign_days (
  workspace_id bigint not null,
  campaign_id  bigint not null,
  day          date not null,
  mails        int not null default 0 constraint campaign_days_mails check (mails >= 0),
  first_mails  int not null default 0 constraint campaign_days_first_mails check (first_mails >= 0),
  primary key (workspace_id, campaign_id, day)
) with (fillfactor = 50);

-- What a campaign sent through each mailbox. By mailbox, because each is in the hands of one worker: no row is fought for.
create table campaign_tallies (
  workspace_id bigint not null,
  campaign_id  bigint not null,
  mailbox_id   bigint not null,
  sent         bigint not null default 0, -- those that bounced at once included
  bounced      bigint not null default 0,
  primary key (workspace_id, campaign_id, mailbox_id)
) with (fillfactor = 50);

-- How far the planner has come with each campaign.
create table campaign_runs (
  workspace_id bigint not null,
  campaign_id  bigint primary key,
  passed       double precision not null default 0,  -- what it has spent of its turns: campaigns/turns.py
  past_sent    bigint not null default 0, -- campaign_tallies when too many bounces paused it: what came before is forgiven
  past_bounced bigint not null default 0,
  looked_under text                       -- the schedule under which recipients were put off to its windows
) with (fillfactor = 50);

-- How far each list was read into a campaign. A row may appear behind a position already read while its transaction
-- runs; `read_to` is what lies behind all of those.
create table campaign_list_reads (
  workspace_id  bigint not null,
  campaign_id   bigint not null,
  list_id       bigint not null,
  read_to       bigint not null default 0,
  last_position bigint not null default 0, -- of the last row seen
  seen_to       bigint not null default 0, -- read once, to be read again when the transactions of then have ended:
  seen_before   xid8 not null default '0', -- those below this number; both 0 where nothing is to be read again
  primary key (campaign_id, list_id)
);

-- The zone of each place that prospects live in, as worked out once. '' where it is not known.
create table place_zones (
  country  text not null,
  locality text not null,
  zone     text not null,
  primary key (country, locality)
);

-- Whose servers take the mail of a domain; 'other' where it is nobody known.
create table domain_providers (
  domain   text primary key,
  provider text not null,
  asked_at timestamptz not null           -- business time
);
