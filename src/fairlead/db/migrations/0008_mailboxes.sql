create table mailboxes (
  id                 bigint generated always as identity (start with 300111) primary key,
  workspace_id       bigint not null references workspaces,
  address            text not null,       -- as it stands in From
  address_key        text not null,       -- as it is compared: kit.text.address_key
  sender_name        text not null,
  provider           text not null constraint mailboxes_provider check (provider in (
                       'gmail', 'microsoft', 'hostinger', 'zoho', 'titan', 'godaddy', 'other')),
  smtp_host          text not null,
  smtp_port          int not null,
  smtp_encryption    text not null constraint mailboxes_smtp_encryption check (smtp_encryption in ('ssl', 'starttls', 'none')),
  imap_host          text,                -- null: mail is not read
  imap_port          int,
  imap_encryption    text constraint mailboxes_imap_encryption check (imap_encryption in ('ssl', 'starttls', 'none')),
  auth               text not null constraint mailboxes_auth check (auth in ('password', 'oauth')),
  login              text not null,       -- the user name, for both servers
  secret             bytea not null,      -- sealed: the password, or the refresh token
  access_token       bytea,               -- sealed: of OAuth, while it lasts
  access_token_until timestamptz,         -- machine time
  renewing_until     timestamptz,         -- machine time: so long one process has the right to ask for another token
  time_zone          text not null,       -- IANA
  daily_limit        int not null constraint mailboxes_daily_limit check (daily_limit > 0),
  delay_min_seconds  int not null,
  delay_max_seconds  int not null,
  ramp_up_start      int,                 -- null: none
  ramp_up_step       int,
  ramp_up_from       date,                -- in time_zone
  signature_html     text,
  reply_to           text,
  bcc                text[] not null default '{}',
  tags               text[] not null default '{}',
  state              text not null default 'active',
  state_reason       text,                -- a sentence for a person, of paused and error
  sent_copies        text not null constraint mailboxes_sent_copies check (sent_copies in ('provider', 'append', 'none')),
  smtp_status        text not null default 'pending',
  smtp_errors        text[] not null default '{}',  -- sentences for a person
  imap_status        text,                -- null: no imap
  imap_errors        text[] not null default '{}',
  check_number       bigint not null default 1,  -- of the settings now in force: the result of a check of older ones is dropped
  checked_at         timestamptz,         -- business time
  made_at            timestamptz not null,
  changed_at         timestamptz not null,
  deleted_at         timestamptz,         -- the row stays: what it sent names it
  constraint mailboxes_state check (state in ('active', 'paused', 'error', 'deleted')),
  constraint mailboxes_checks check (smtp_status in ('pending', 'valid', 'invalid')
                                     and (imap_status is null or imap_status in ('pending', 'valid', 'invalid'))),
  constraint mailboxes_imap check (num_nulls(imap_host, imap_port, imap_encryption, imap_status) in (0, 4)),
  constraint mailboxes_delay check (0 <= delay_min_seconds and delay_min_seconds <= delay_max_seconds),
  constraint mailboxes_ramp_up check (num_nulls(ramp_up_start, ramp_up_step, ramp_up_from) in (0, 3)),
  constraint mailboxes_deleted check ((state = 'deleted') = (deleted_at is not null)),
  constraint mailboxes_of_workspace unique (workspace_id, id)  -- so that others can refer to both
);
create unique index one_mailbox_per_address on mailboxes (workspace_id, address_key) where deleted_at is null;
