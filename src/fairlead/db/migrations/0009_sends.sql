-- The ledger of every mail sent, whoever asked for it, and the turns of the mailboxes that send.

-- Files that letters carry, once for each content.
create table mail_files (
  workspace_id bigint not null references workspaces,
  digest       bytea not null,            -- SHA-256 of content
  content      bytea not null,
  primary key (workspace_id, digest)
);

-- What a mail says and to whom: fixed when it is planned, the same in every try. Deleted only when withdrawn unsent.
create table mails (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  mailbox_id   bigint not null,
  purpose      text not null constraint mails_purpose check (purpose in ('campaign', 'reply', 'test', 'warmup', 'notice')),
  subject_id   bigint not null,           -- whom the purpose knows it by: an enrollment, a conversation
  campaign_id  bigint,
  once_key     text not null,             -- names the effect: a second mail for it is never planned
  token        text not null,             -- random; in our reference header and in the Message-ID
  mark         text not null,             -- from once_key: tells the effect from a copy in Sent when this row was lost
  message_id   text not null,             -- without brackets
  to_address   text not null,
  to_name      text not null,
  subject      text not null,
  letter       text not null,             -- JSON of senders.model.Letter, its files by digest
  planned_at   timestamptz not null,      -- business time
  constraint mails_once unique (workspace_id, purpose, once_key),
  constraint mails_token unique (token)
);
-- By Message-ID there is no index: our ids are made from the token.

-- Mails on their way, from planning until what became of them is known. Narrow, as each row is written several times.
create table sends (
  id           bigint primary key,        -- that of the mail
  workspace_id bigint not null,
  mailbox_id   bigint not null,
  campaign_id  bigint,
  purpose      text not null,
  subject_id   bigint not null,
  priority     smallint not null,         -- lower goes first
  due_at       timestamptz not null,      -- business time
  wanted_at    timestamptz not null,      -- business time since when it could have been sent at all
  state        text not null default 'planned' constraint sends_state check (state in (
                 'planned',        -- waits for its time and its mailbox's turn: -> claimed
                 'claimed',        -- a worker has it, quota is reserved: -> sending, -> planned (the worker gave it back
                                   -- or died: not a byte was sent)
                 'sending',        -- the mark before the first byte: -> gone to sent_mails, -> planned (put off before
                                   -- the final dot), -> uncertain
                 'uncertain',      -- sent or not, nobody knows; asked of the Sent folder: -> gone to sent_mails,
                                   -- -> planned (definitely not there, once), -> needs_decision
                 'needs_decision'  -- a person decides: -> gone to sent_mails, -> planned
               )),
  tries        smallint not null default 0,   -- times that it was handed to a server in vain
  requeued     boolean not null default false, -- it was found not to have been sent, once
  lease_number bigint,                    -- of the worker's hold on the mailbox; null: nobody's
  day          date,                      -- whose quota is reserved, by the mailbox's zone; null: none
  marked_at    timestamptz,               -- business time of the sending mark
  uncertain_at timestamptz,               -- business time since when
  look_at      timestamptz,               -- business time of the next look into the Sent folder
  looks        smallint not null default 0,
  looking_until timestamptz,              -- machine time: a worker is at it
  is_seen      boolean not null default false, -- somebody has answered it, or a notice about it came: it was sent
  doubt        text,                      -- why it is uncertain or needs a decision: lost, lease_over, restored
  constraint sends_doubt check ((state in ('uncertain', 'needs_decision')) = (doubt is not null)),
  constraint sends_marked check (state not in ('sending') or marked_at is not null)
) with (
  fillfactor = 70,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_analyze_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0
);
-- Each campaign of a mailbox is a lane of its own, so that none starves behind another.
create index sends_planned on sends (mailbox_id, (coalesce(campaign_id, 0)), due_at, id) where state = 'planned';
create index sends_under_way on sends (mailbox_id, id) where state <> 'planned';
create index sends_uncertain on sends (look_at) where state = 'uncertain';
create index sends_of_subject on sends (workspace_id, purpose, subject_id);

-- What became of a mail. Final, but for what a person or a later proof says of one presumed sent.
create table sent_mails (
  workspace_id bigint not null,
  id           bigint not null,           -- that of the mail
  mailbox_id   bigint not null,
  campaign_id  bigint,
  purpose      text not null,
  subject_id   bigint not null,
  outcome      text not null constraint sent_mails_outcome check (outcome in ('sent', 'presumed_sent', 'failed')),
  at           timestamptz not null,      -- business time: of the server's yes where it was sent
  resolved_by  text not null constraint sent_mails_resolved_by check (resolved_by in (
                 'reply',          -- the server's answer
                 'sent_folder',    -- found there by its reference
                 'policy',         -- nothing can prove it, and a second copy is worse than none
                 'recipient',      -- an answer, a notice or an open with its token
                 'person'
               )),
  stored_id    text,                      -- the Message-ID the provider gave it, where it is another
  reason       text,                      -- of a failure: a word; of one presumed sent: why it was uncertain
  reply        text,                      -- what the server said, shortened
  hard         boolean,                   -- of a failure: the address is dead
  tries        smallint not null default 0,
  primary key (workspace_id, id)
);
create index sent_mails_of_campaign on sent_mails (workspace_id, campaign_id, at desc, id desc) where outcome <> 'failed';
create index sent_mails_of_mailbox on sent_mails (workspace_id, mailbox_id, at desc, id desc);
create index sent_mails_presumed on sent_mails (workspace_id, id) where outcome = 'presumed_sent';
create index sent_mails_stored_id on sent_mails (stored_id) where stored_id is not null;

-- One row for each mailbox that ever had something to send: when it is its turn, and who has it.
create table mailbox_turns (
  mailbox_id   bigint primary key,
  workspace_id bigint not null,
  next_free_at timestamptz not null default '-infinity',  -- business time: not before this
  wake_at      timestamptz,               -- business time when there is something to do; null: nothing that is known
  lease_owner  text,                      -- the worker that has it
  lease_number bigint not null default 0, -- grows with each lease; a worker with an older number changes nothing
  lease_until  timestamptz,               -- machine time of the database
  fails        smallint not null default 0,  -- connections in a row that failed
  retry_at     timestamptz,               -- machine time: after a failure, not before this
  learned_at   timestamptz,               -- business time up to which the provider's Message-IDs were read from Sent
  renames      boolean,                   -- whether it gives mails other Message-IDs than ours; null: not known yet
  -- After a restore nothing is sent before the Sent folder was compared; see senders/sending/restoring.py.
  held_at      timestamptz,               -- business time: what was wanted by then may have been sent; null: not held
  held_from    timestamptz,               -- business time since which mails may be unknown to this database
  trusted      boolean not null default false, -- held after a good end in this very database: what is planned was not sent
  compared     boolean not null default false,
  compare_at   timestamptz,               -- machine time of the next try to compare
  compare_note text,                      -- why that was not possible yet, for a person
  unproven_until timestamptz,             -- business time: of what was wanted by then nobody can tell if it was sent
  constraint mailbox_turns_lease check ((lease_owner is null) = (lease_until is null))
) with (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0);
create index mailbox_turns_awake on mailbox_turns (wake_at) where held_at is null;

-- The workers that send: each takes its share of the mailboxes.
create table sending_workers (
  name        text primary key,
  alive_until timestamptz not null        -- machine time
);

-- Put in by whoever plans, taken out by the workers: planning never waits for a worker's lock on a mailbox.
create table mailbox_wakes (
  mailbox_id bigint not null,
  due_at     timestamptz not null
);

-- A mailbox that waits for tomorrow's quota, or for being resumed, is looked at again when its settings change.
create function wake_changed_mailbox() returns trigger language plpgsql as
$$
begin
  insert into mailbox_wakes (mailbox_id, due_at) values (new.id, '-infinity');
  return null;
end
$$;
create trigger mailboxes_wake
  after update of state, daily_limit, delay_min_seconds, delay_max_seconds, ramp_up_start, ramp_up_step, ramp_up_from, time_zone
  on mailboxes for each row execute function wake_changed_mailbox();

-- Quota by the days of the mailbox's zone. Reserved before sending; given back only for what surely was not sent.
create table mailbox_days (
  mailbox_id   bigint not null,
  day          date not null,
  workspace_id bigint not null,
  -- Mails that were sent on this day, or are about to be, or may have been.
  reserved     int not null default 0 constraint mailbox_days_reserved check (reserved >= 0),
  bounced      int not null default 0,
  primary key (mailbox_id, day)
) with (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0);

-- One row: when anybody last looked, and in which database. A gap, or another database, is a restore.
create table sending_watch (
  only_row  boolean primary key default true constraint sending_watch_has_one_row check (only_row),
  seen_at   timestamptz not null,         -- machine time
  stopped   boolean not null default false, -- the last worker ended in good order: nothing was sent after seen_at
  place     text not null                 -- the server, its timeline, and the identity of our tables in it
);

-- Copies in Sent folders of mails this database does not know: sent after the backup it was restored from.
create table found_sends (
  workspace_id bigint not null,
  mark         text not null,
  mailbox_id   bigint not null,
  message_id   text not null,
  found_at     timestamptz not null,      -- business time
  primary key (workspace_id, mark)
);
