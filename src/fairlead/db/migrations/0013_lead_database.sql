-- The lead database: people, their addresses and companies, each held up by evidence.
--
-- Every row of evidence, and every row it holds up, has an owner: 0 for what the whole installation may see (crawled
-- pages, archives), else the workspace whose file, letter or prospect it was seen in. Rows of different owners are
-- never merged, so that taking back a source, a workspace or a person touches its own rows only. A search reads
-- owner 0 and its own; of a private row that the installation knows too, `shadowed` says so, and it is not counted.
--
-- Whoever writes holds the rows of lead_domains it writes under (`for no key update`, by id): counts stay exact.

do $$
begin
  create extension if not exists pg_trgm;
exception when undefined_file or insufficient_privilege or feature_not_supported then
  raise exception 'the extension pg_trgm is missing: install the contrib modules of PostgreSQL (postgresql-contrib), '
    'or have an administrator run "create extension pg_trgm" in this database (%)', sqlerrm;
end
$$;

create table lead_domains (
  id     bigint generated always as identity primary key,
  domain text not null constraint lead_domains_differ unique,  -- A-labels, lower case
  label  text not null                    -- the name below the public suffix: companies own several of one label
);
create index lead_domains_by_label on lead_domains (label);
-- No company: people known by an address or profile alone stand here.
insert into lead_domains (id, domain, label) overriding system value values (0, '', '');

-- Job titles: far fewer than people, so that searching among them is cheap.
create table lead_positions (
  id         int generated always as identity primary key,
  key        text not null constraint lead_positions_differ unique,  -- folded
  position   text not null,               -- as first seen
  level      text not null,               -- corpus/positions.py: c_level, vp_level, director_level, ...
  department text not null
);
create index lead_positions_by_part on lead_positions using gin (key gin_trgm_ops);

create table lead_places (
  id        int generated always as identity primary key,
  key       text not null constraint lead_places_differ unique,      -- folded "city|state|country"
  city      text,
  state     text,
  country   text,                         -- ISO 3166-1 alpha-2
  city_key  text,                         -- folded
  state_key text
);
create index lead_places_by_city on lead_places (city_key text_pattern_ops);
create index lead_places_by_state on lead_places (state_key text_pattern_ops);
create index lead_places_by_country on lead_places (country);

create table lead_sources (
  id          bigint generated always as identity primary key,
  owner       bigint not null,            -- 0: the installation
  parent_id   bigint,                     -- the archive a page came from
  captured_at timestamptz not null,       -- when it was so, business time
  recorded_at timestamptz not null,
  key         bytea not null,             -- SHA-256 of uri and digest
  kind        text not null constraint lead_sources_kind check (kind in (
                'page', 'archive', 'import', 'signature', 'reply', 'bounce', 'prospect', 'verification')),
  uri         text not null,
  note        text not null default '',
  constraint lead_sources_once unique (key, owner)
);
create index lead_sources_by_uri on lead_sources (hashtextextended(uri, 0));
create index lead_sources_of_archive on lead_sources (parent_id) where parent_id is not null;
create index lead_sources_of_workspace on lead_sources (owner, id) where owner <> 0;

-- A person at a company. Who is seen without one stands under domain 0, by address or profile.
create table lead_people (
  id          bigint generated always as identity primary key,
  owner       bigint not null,
  domain_id   bigint not null,
  position_id int,                        -- the best known present one; this and what follows is drawn from evidence
  place_id    int,
  rank        smallint not null default 0,  -- corpus/store/recording.py: by it people of a company are shown
  shadowed    boolean not null default false,
  key         text not null,              -- the name, folded; under domain 0 an address or profile
  first_name  text not null,
  last_name   text not null,
  profile     text,                       -- LinkedIn, as compared: in/ann-example
  constraint lead_people_differ unique (domain_id, key, owner)
);
-- Of those that are shown: so that no lookup by name or address can take this index and read all of a big domain.
create index lead_people_in_order on lead_people (domain_id, rank desc, id) where not shadowed;
create index lead_people_by_position on lead_people (position_id, rank desc, id) where not shadowed;
create index lead_people_by_place on lead_people (place_id) where place_id is not null;
create index lead_people_by_last_name on lead_people (lower(last_name) text_pattern_ops);
create index lead_people_by_profile on lead_people (profile) where profile is not null;

create table lead_addresses (
  id          bigint generated always as identity primary key,
  owner       bigint not null,
  domain_id   bigint not null,
  person_id   bigint,
  first_seen  timestamptz not null,       -- business time
  last_seen   timestamptz not null,
  methods     int not null,               -- a bit for each corpus/findings.py, Method, in its order
  sources     int not null,               -- different ones
  generic     boolean not null,           -- of a task instead of a person
  own_domain  boolean not null,           -- seen on a page of its own domain
  shadowed    boolean not null default false,
  local       text not null,              -- as compared, before the @
  replied_at  timestamptz,
  bounced_at  timestamptz,
  verified_at timestamptz,
  constraint lead_addresses_differ unique (domain_id, local, owner)
);
create index lead_addresses_in_order on lead_addresses (domain_id, generic, id) where not shadowed;
create index lead_addresses_of_person on lead_addresses (person_id) where person_id is not null;

-- One sighting: this source says that this person has this address and works there as that.
create table lead_evidence (
  source_id   bigint not null,
  person_id   bigint,
  address_id  bigint,
  employer_id bigint,                     -- lead_domains
  seen_at     timestamptz not null,
  snippet     bigint,                     -- of what stood around it: copies of one text count once
  position_id int,
  place_id    int,                        -- where the person is
  method      smallint not null,
  own_domain  boolean not null,
  former      boolean not null,           -- an employment that is over
  company     text,                       -- the employer's name, where no domain is known
  place       text                        -- where in the source, where that is no page: a row, a letter
);
create index lead_evidence_of_source on lead_evidence (source_id);
create index lead_evidence_of_person on lead_evidence (person_id) where person_id is not null;
create index lead_evidence_of_address on lead_evidence (address_id) where address_id is not null;

-- What else a source says of a person.
create table lead_details (
  person_id bigint not null,
  source_id bigint not null,
  kind      text not null constraint lead_details_kind check (kind in ('profile', 'phone', 'skill', 'industry')),
  value     text not null,                -- as shown
  key       text not null,                -- as compared
  constraint lead_details_once unique (person_id, kind, key, source_id)
);
create index lead_details_of_source on lead_details (source_id);
create index lead_details_by_profile on lead_details (key) where kind = 'profile';

-- What a source says of a company.
create table lead_company_evidence (
  source_id    bigint not null,
  domain_id    bigint not null,
  seen_at      timestamptz not null,
  weight       real not null,             -- how far a source of this kind is believed
  founded      smallint,
  name         text,
  city         text,
  state        text,
  country      text,
  phone        text,
  industry     text,
  size         text,                      -- a range of corpus/rules.py: 1-10, 51-200, 10001+
  site         text,
  logo         text,
  social       text[] not null default '{}',
  related      text[] not null default '{}',
  specialities text[] not null default '{}',
  revenue_min  bigint,
  revenue_max  bigint
);
create index lead_company_evidence_of_source on lead_company_evidence (source_id);
create index lead_company_evidence_of_company on lead_company_evidence (domain_id);

-- The card drawn from it: of each field what is believed most.
create table lead_companies (
  domain_id    bigint not null,
  owner        bigint not null,
  founded      smallint,
  place_id     int,
  name         text,
  name_key     text,                      -- folded, without the legal form
  phone        text,
  industry     text,
  size         text,
  site         text,
  logo         text,
  social       text[] not null default '{}',
  related      text[] not null default '{}',
  specialities text[] not null default '{}',
  revenue_min  bigint,
  revenue_max  bigint,
  shadowed     boolean not null default false,
  constraint lead_companies_differ primary key (domain_id, owner)
);
create index lead_companies_by_name on lead_companies using gin (name_key gin_trgm_ops);
create index lead_companies_by_industry on lead_companies (lower(industry) text_pattern_ops);
create index lead_companies_by_place on lead_companies (place_id) where place_id is not null;
create index lead_companies_by_size on lead_companies (size);

-- How much there is, kept by whoever writes. Of an owner that is a workspace, only what the installation has not.
create table lead_counts (
  domain_id bigint not null,
  owner     bigint not null,
  people    int not null default 0,
  emails    int not null default 0,       -- of persons
  generic   int not null default 0,
  constraint lead_counts_differ primary key (domain_id, owner),
  constraint lead_counts_never_below_zero check (people >= 0 and emails >= 0 and generic >= 0)
) with (fillfactor = 70);

-- When a domain's site was read last by ourselves: a search for an unknown one does it once in a while.
create table lead_visits (
  domain_id  bigint primary key,
  visited_at timestamptz not null,        -- business time
  outcome    text not null
);

-- People who asked to be left out, for the whole installation; hashed, as claimed_addresses.
create table claimed_people (
  person_hash bytea primary key,          -- SHA-256 of "name@domain" or of a profile, as compared
  claimed_at  timestamptz not null
);
