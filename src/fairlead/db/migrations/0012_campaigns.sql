-- When mail may go out: windows on the days of a week.
create table schedules (
  workspace_id      bigint not null references workspaces,
  id                bigint generated always as identity (start with 5001),
  name              text not null,
  time_zone         text not null,        -- IANA
  in_recipient_zone boolean not null default false,  -- the windows are in the recipient's zone where it is known
  days              jsonb not null,       -- seven, Sunday first: {"enabled": bool, "windows": [[minute, minute], ...]}
  is_default        boolean not null default false,
  made_at           timestamptz not null,
  changed_at        timestamptz not null,
  deleted_at        timestamptz,
  primary key (workspace_id, id),
  constraint schedules_id unique (id),
  constraint schedules_days check (jsonb_typeof(days) = 'array' and jsonb_array_length(days) = 7),
  constraint schedules_default check (not (is_default and deleted_at is not null))
);
create unique index one_default_schedule on schedules (workspace_id) where is_default;
create unique index one_schedule_per_name on schedules (workspace_id, lower(name)) where deleted_at is null;

-- Days on which no campaign of the workspace sends, in whatever zone a window is read.
create table days_off (
  workspace_id bigint not null references workspaces,
  day          date not null,
  name         text not null default '',
  primary key (workspace_id, day)
);

-- What all campaigns of a workspace have in common. No row: nothing is set.
create table campaign_defaults (
  workspace_id     bigint primary key references workspaces,
  postal_address   text,                  -- footer of every mail
  unsubscribe_text text,                  -- with the link in it; null: ours
  changed_at       timestamptz not null
);

create table campaigns (
  workspace_id        bigint not null references workspaces,
  id                  bigint generated always as identity (start with 100231),
  token               text not null,      -- names it outside
  owner_id            bigint references members,  -- null: nobody's in particular
  title               text not null,
  status              text not null default 'new' constraint campaigns_status check (status in (
                        'new',            -- being built: -> scheduled, active, archived
                        'scheduled',      -- waits for start_at: -> active, paused, completed
                        'active',         -- sends: -> paused, completed
                        'paused',         -- by a person, or because too many mails bounce: -> active, scheduled, completed, archived
                        'completed',      -- nobody is written to any more: -> archived
                        'archived'        -- out of sight, kept
                      )),
  status_reason       text,               -- a sentence: why the system changed it
  status_at           timestamptz not null,
  priority            text not null constraint campaigns_priority check (priority in ('low', 'medium', 'high')),
  current_version_id  bigint,
  schedule_id         bigint,             -- null: the workspace's default one
  black_list_id       bigint,             -- a do-not-email list that holds for this campaign
  tracks_opens        boolean not null,
  tracks_clicks       boolean not null,
  settings            jsonb not null,     -- campaigns.model.SendingSettings
  starts_at           timestamptz,        -- business time; wanted, not happened
  completes_at        timestamptz,
  starts_local        timestamp,          -- the same as they were given, in time_zone
  completes_local     timestamp,
  time_zone           text,               -- IANA; null: UTC
  completes_after_last_step boolean not null,
  archive_in_months   int not null constraint campaigns_archive check (archive_in_months in (1, 2, 3, 6)),
  provider_matching   boolean not null,
  deals               jsonb,
  linkedin_accounts   bigint[] not null default '{}',
  stop_scope          text not null default 'person' constraint campaigns_stop_scope check (stop_scope in ('person', 'company')),
  follow_up_share     double precision constraint campaigns_follow_up_share check (follow_up_share between 0 and 1),
  unsubscribe_text    text,
  made_at             timestamptz not null,
  changed_at          timestamptz not null,
  started_at          timestamptz,        -- business time of the first start
  completed_at        timestamptz,
  archived_at         timestamptz,
  deleted_at          timestamptz,        -- the row stays: what it sent names it
  primary key (workspace_id, id),
  constraint campaigns_id unique (id),
  constraint campaigns_token unique (token),
  constraint campaigns_schedule foreign key (workspace_id, schedule_id) references schedules
);
create index campaigns_running on campaigns (status) where status in ('active', 'scheduled') and deleted_at is null;
create index campaigns_of_schedule on campaigns (workspace_id, schedule_id) where deleted_at is null;

create table campaign_mailboxes (
  workspace_id bigint not null,
  campaign_id  bigint not null,
  mailbox_id   bigint not null,
  place        int not null,              -- in the order given
  weight       int not null default 1,
  primary key (workspace_id, campaign_id, mailbox_id),
  foreign key (workspace_id, campaign_id) references campaigns,
  foreign key (workspace_id, mailbox_id) references mailboxes (workspace_id, id)
);
create index campaign_mailboxes_by_mailbox on campaign_mailboxes (workspace_id, mailbox_id);

create table campaign_lists (
  workspace_id bigint not null,
  campaign_id  bigint not null,
  list_id      bigint not null references prospect_lists,
  primary key (workspace_id, campaign_id, list_id),
  foreign key (workspace_id, campaign_id) references campaigns
);
create index campaign_lists_by_list on campaign_lists (workspace_id, list_id);

-- The chart of steps. While it is a draft it may be replaced; published it is for good, and a change is a new version.
create table campaign_versions (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null,
  campaign_id  bigint not null,
  number       int not null,
  graph        text not null,             -- JSON of campaigns.graph, keys in order
  checksum     text not null,             -- SHA-256 of graph, hex
  made_at      timestamptz not null,
  published_at timestamptz,
  constraint campaign_versions_number unique (workspace_id, campaign_id, number),
  foreign key (workspace_id, campaign_id) references campaigns
);
create function keep_published_versions() returns trigger language plpgsql as
$$
begin
  if old.published_at is not null
     and (new.graph, new.checksum, new.published_at) is distinct from (old.graph, old.checksum, old.published_at) then
    raise exception 'version % of campaign % is published and cannot be changed', old.number, old.campaign_id;
  end if;
  return new;
end
$$;
create trigger keep_published_versions before update on campaign_versions
  for each row execute function keep_published_versions();

-- Numbers for steps that came with a name that is no number.
create sequence campaign_step_numbers start with 1780000000001;

-- The texts of e-mail steps, up to 15 for a step.
create table content_variants (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null,
  campaign_id  bigint not null,
  node_key     text not null,
  content_id   bigint not null,           -- what the Snov.io API calls it, unique within the step
  subject      text not null default '',  -- empty: an answer in the thread of the mail before
  body         text not null default '',
  is_plain     boolean not null default false,  -- body is HTML; only its text is sent
  usage        text not null default 'active' constraint content_variants_usage check (usage in ('active', 'pause')),
  weight       int not null default 1 constraint content_variants_weight check (weight between 1 and 1000),
  written_at   timestamptz,               -- null: nobody has written it yet
  made_at      timestamptz not null,
  deleted_at   timestamptz,               -- the row stays: what it said is counted under it
  constraint content_variants_campaign foreign key (workspace_id, campaign_id) references campaigns
);
create unique index one_content_per_id on content_variants (workspace_id, campaign_id, node_key, content_id)
  where deleted_at is null;

create table campaign_attachments (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null,
  campaign_id  bigint not null,
  node_key     text not null,
  content_id   bigint,                    -- null: with every content of the step
  name         text not null,
  media_type   text not null,
  content      bytea not null,
  size         int not null,              -- octets
  made_at      timestamptz not null,
  constraint campaign_attachments_campaign foreign key (workspace_id, campaign_id) references campaigns
);
alter table campaign_attachments alter column content set storage external;  -- files are compressed already
create index campaign_attachments_of_step on campaign_attachments (workspace_id, campaign_id, node_key);

-- Where Calendly tells a workspace that somebody booked.
create table calendly_hooks (
  workspace_id bigint primary key references workspaces,
  token        text not null constraint calendly_hooks_token unique,
  signing_key  bytea not null,            -- sealed
  made_at      timestamptz not null
);

-- Bookings that were told of, so that one told of again counts once.
create table calendly_bookings (
  workspace_id bigint not null references workspaces,
  booking      bytea not null,            -- SHA-256 of what Calendly calls it
  told_at      timestamptz not null,
  primary key (workspace_id, booking)
);
