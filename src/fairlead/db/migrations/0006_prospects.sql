create table prospect_lists (
  id           bigint generated always as identity (start with 200401) primary key,
  workspace_id bigint not null references workspaces,
  name         text not null,
  made_at      timestamptz not null,
  deleted_at   timestamptz         -- kept and shown with this date; its prospects stay in the workspace
);
create index prospect_lists_of_workspace on prospect_lists (workspace_id, id);
create unique index one_prospect_list_per_name on prospect_lists (workspace_id, lower(name)) where deleted_at is null;

create table custom_fields (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  label        text not null,
  type         text not null constraint custom_fields_type check (type in ('string', 'number', 'date')),
  required     boolean not null default false,
  made_at      timestamptz not null
);
create unique index one_custom_field_per_label on custom_fields (workspace_id, lower(label));

-- One bulk change that can be taken back.
create table prospect_changes (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  kind         text not null constraint prospect_changes_kind check (kind in ('import', 'move', 'delete', 'merge')),
  summary      text not null,
  made_at      timestamptz not null,
  undone_at    timestamptz
);
create index prospect_changes_of_workspace on prospect_changes (workspace_id, id);

create table prospects (
  workspace_id bigint not null,
  id           bigint generated always as identity,
  email        text,               -- as it is written to
  email_key    text,               -- as it is compared: kit.text.address_key
  other_emails text[] not null default '{}',  -- further addresses of the same person, as compared
  copy_number  bigint not null default 0,     -- 0: the prospect of this address; others were asked for as duplicates
  name         text not null default '',
  first_name   text not null default '',
  last_name    text not null default '',
  phones       text[] not null default '{}',
  country      text,
  locality     text,
  industry     text,
  position     text,
  company_name text,
  company_site text,
  social       jsonb not null default '{}',   -- network -> link
  linkedin_key text,               -- the LinkedIn profile without scheme and tracking, for those without an address
  custom       jsonb not null default '{}',   -- id of the custom field -> value as text
  source       text not null,      -- how it came in: api, import, search, ...
  made_by      bigint,             -- the bulk change that made it
  made_at      timestamptz not null,
  changed_at   timestamptz not null,
  deleted_at   timestamptz,
  primary key (workspace_id, id),
  constraint prospects_can_be_reached check (email_key is not null or linkedin_key is not null)
);
create sequence prospect_copy_numbers;
create unique index one_prospect_per_address on prospects (workspace_id, email_key)
  where copy_number = 0 and deleted_at is null and email_key is not null;
create unique index one_prospect_per_profile on prospects (workspace_id, linkedin_key)
  where copy_number = 0 and deleted_at is null and email_key is null;
create index prospect_copies on prospects (workspace_id, email_key) where copy_number <> 0 and deleted_at is null;
-- None on made_by: taking back an import may look through the workspace, and every row of every import is spared one.

-- Without foreign keys: checking two of them for each row would halve the speed of an import. Prospects and lists
-- are marked as deleted, never removed; erasing a person removes these rows first.
create table list_members (
  workspace_id bigint not null,
  list_id      bigint not null,
  prospect_id  bigint not null,
  position     bigint generated always as identity,  -- later is higher; lists are shown from the last added back
  added_by     bigint,             -- the bulk change that added it
  added_at     timestamptz not null,
  primary key (workspace_id, prospect_id, list_id)
);
create index list_members_in_order on list_members (workspace_id, list_id, position);

-- Leads from a further address to the prospects that have or had it; `other_emails` of the prospect decides. A table
-- and not an index on the array: every prospect added asks it, and it must stay cheap while it is empty.
create table merged_addresses (
  workspace_id bigint not null,
  email_key    text not null,
  prospect_id  bigint not null,
  primary key (workspace_id, email_key, prospect_id)
);

-- How each prospect a change touched was before: all columns, and the lists it was in.
create table prospect_change_rows (
  workspace_id bigint not null,
  change_id    bigint not null references prospect_changes,
  prospect_id  bigint not null,
  before       jsonb,              -- null: nothing but its lists was changed
  lists_before bigint[],           -- null: its lists were not changed
  added_by_before bigint[],        -- the bulk change that had put it on each of these lists, or null
  primary key (workspace_id, change_id, prospect_id)
);

create table do_not_email_lists (
  id           bigint generated always as identity primary key,
  workspace_id bigint not null references workspaces,
  name         text not null,
  owner_id     bigint not null references members,
  is_default   boolean not null default false,
  stops_all    boolean not null,   -- global: holds for every campaign; otherwise for those that name it
  made_at      timestamptz not null,
  deleted_at   timestamptz
);
create index do_not_email_lists_of_workspace on do_not_email_lists (workspace_id, id);
create unique index one_default_do_not_email_list on do_not_email_lists (workspace_id) where is_default;

create table do_not_email_items (
  workspace_id bigint not null,
  list_id      bigint not null references do_not_email_lists,
  item         text not null,      -- an address or a domain, as compared
  reason       text not null default 'added',
  added_at     timestamptz not null,
  primary key (workspace_id, list_id, item)
);
create index do_not_email_items_by_item on do_not_email_items (workspace_id, item);
