-- Archives on their way into the lead database, and sites being read. Leases and pauses are machine time
-- (clock_timestamp()): processes on any number of machines keep them together.

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
    host         text primary key,
    lease_holder text,
    lease_until  timestamptz,
    next_at      timestamptz not null default '-infinity',
    robots       text,
    -- Status of the answer to /robots.txt; 0 where none came.
    robots_status int,
    robots_at    timestamptz
);

-- A site that is read, or was. Times are business time.
create table crawls (
    id          bigint generated always as identity primary key,
    domain      text not null,
    state       text not null default 'running',
    started_at  timestamptz not null,
    ended_at    timestamptz,
    pages       int not null default 0,
    addresses   int not null default 0,
    -- Why it ended: done, enough, budget, forbidden, unreachable.
    ending      text,
    constraint crawls_state check (state in ('running', 'ended'))
);
create unique index crawls_running on crawls (domain) where state = 'running';
create index crawls_ended on crawls (domain, ended_at desc) where state = 'ended';

create table crawl_pages (
    crawl_id bigint not null references crawls (id) on delete cascade,
    url      text not null,
    depth    int not null,
    score    int not null,
    -- waiting, read, failed
    state    text not null default 'waiting',
    tries    int not null default 0,
    constraint crawl_pages_key primary key (crawl_id, url),
    constraint crawl_pages_state check (state in ('waiting', 'read', 'failed'))
);
