-- How far searches of many domains have come.
create table searched_domains (
  workspace_id bigint not null,
  search_key   bytea not null,            -- SHA-256 of the list's name and what was searched for
  domain       text not null,
  searched_at  timestamptz not null,      -- business time
  primary key (workspace_id, search_key, domain)
);

-- How far the prospects of a workspace have been taken in as its own evidence.
create table prospect_evidence (
  workspace_id bigint primary key references workspaces,
  last_id      bigint not null            -- of prospects
);
