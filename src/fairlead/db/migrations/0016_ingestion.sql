-- Archives on their way into the lead database, and sites being read. Leases and pauses are machine time
-- (clock_timestamp()): processes on any number of machines keep them together. Nothing here belongs to the lead
-- database: it is gone when the work is done, but for the names of files.

create table ingestion_files (
    id           bigint generated always as identity primary key,
    -- 0: the installation. Else the workspace that alone sees what is found.
    owner        bigint not null default 0,
    -- SHA-256 of the contents as hex: the same file under two names is one.
    input_hash   text not null,
    name         text not null,
    path         text not null,
    bytes        bigint not null,
    state        text not null default 'waiting',
    tries        int not null default 0,
    -- Numbers of records on which a process died or stood still: they are passed over.
    passed_over  int[] not null default '{}',
    -- Number of a record before which reading ends.
    ends_before  int,
    lease_holder text,
    lease_until  timestamptz,
    report       jsonb,
    enrolled_at  timestamptz not null,
    ended_at     timestamptz,
    constraint ingestion_files_once unique (owner, input_hash),
    constraint ingestion_files_state check (state in ('waiting', 'extracted', 'merged', 'parked')),
    constraint ingestion_files_lease check ((lease_holder is null) = (lease_until is null))
);
create index ingestion_files_open on ingestion_files (id) where state in ('waiting', 'extracted');

-- One host of the web, over all processes: who asks it now, and when the next request may go out.
create table crawl_hosts (
    host          text primary key,
    lease_holder  text,
    lease_until   timestamptz,
    next_at       timestamptz not null default '-infinity',
    -- What /robots.txt said, cut; null where it is not known or all is allowed.
    robots        text,
    -- Status of the answer to it; 0 where none came.
    robots_status int,
    robots_at     timestamptz
);

-- A site that is being read. When that ends the row goes; lead_visits keeps that it happened.
create table crawls (
    domain       text primary key,
    -- Business time.
    started_at   timestamptz not null,
    lease_holder text,
    lease_until  timestamptz
);

-- Its pages, as far as they are known.
create table crawl_pages (
    domain    text not null references crawls (domain) on delete cascade,
    url       text not null,
    depth     int not null,
    -- The best first.
    score     int not null,
    -- moved: another page of the list answers in its place.
    state     text not null default 'waiting',
    tries     int not null default 0,
    addresses int not null default 0,
    people    int not null default 0,
    constraint crawl_pages_key primary key (domain, url),
    constraint crawl_pages_state check (state in ('waiting', 'read', 'failed', 'moved'))
);
