-- What the migrations lead to. Made by `make docs`; a test compares.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE FUNCTION public.blocked_among(workspace bigint, addresses text[], named_list bigint) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ with stops as (
     select id from do_not_email_lists
      where workspace_id = workspace and deleted_at is null and (stops_all or id = named_list))
   select a from unnest(addresses) as a
     join do_not_email_items i on i.workspace_id = workspace and i.item = a
    where i.list_id in (select id from stops)
    union
   select a from unnest(addresses) as a
     join do_not_email_items i on i.workspace_id = workspace and i.item = split_part(a, '@', -1)
    where i.list_id in (select id from stops) $$;

CREATE FUNCTION public.claimed_among(addresses text[]) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select address from unnest(addresses) as address
    where exists (select from claimed_addresses where address_hash = sha256(convert_to(address, 'UTF8'))) $$;

CREATE FUNCTION public.keep_published_versions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if old.published_at is not null
     and (new.graph, new.checksum, new.published_at) is distinct from (old.graph, old.checksum, old.published_at) then
    raise exception 'version % of campaign % is published and cannot be changed', old.number, old.campaign_id;
  end if;
  return new;
end
$$;

CREATE FUNCTION public.last_of_list(workspace bigint, list bigint) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select coalesce(max(m.position), 0) from list_members m where m.workspace_id = workspace and m.list_id = list $$;

CREATE FUNCTION public.recipient(workspace bigint, prospect bigint) RETURNS TABLE("position" bigint, prospect_id bigint, email text, email_key text, other_emails text[], country text, locality text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select 0::bigint, p.id, p.email, p.email_key, p.other_emails, p.country, p.locality
     from prospects p where p.workspace_id = workspace and p.id = prospect and p.deleted_at is null $$;

CREATE FUNCTION public.recipients_of_list(workspace bigint, list bigint, after bigint, most integer) RETURNS TABLE("position" bigint, prospect_id bigint, email text, email_key text, other_emails text[], country text, locality text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select m.position, p.id, p.email, p.email_key, p.other_emails, p.country, p.locality
     from list_members m join prospects p on p.workspace_id = m.workspace_id and p.id = m.prospect_id
    where m.workspace_id = workspace and m.list_id = list and m.position > after and p.deleted_at is null
    order by m.position limit most $$;

CREATE FUNCTION public.record_event(bigint, text, timestamp with time zone, jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
declare
  event_id bigint;
begin
  insert into events (writer, at, workspace_id, kind, body)
  select event_log.base + pg_current_xact_id()::text::bigint, $3, $1, $2, $4 from event_log
  returning id into event_id;
  return event_id;
end
$_$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin raise exception '% is append-only', tg_table_name; end $$;

CREATE FUNCTION public.verdicts_among(addresses text[]) RETURNS TABLE(address_key text, smtp_status text, reason text, is_valid_format boolean, is_disposable boolean, is_webmail boolean, is_role boolean, is_gibberish boolean, checked_at timestamp with time zone)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select v.address_key, v.status, v.reason, v.flags & 1 > 0, v.flags & 2 > 0, v.flags & 4 > 0, v.flags & 8 > 0,
          v.flags & 16 > 0, v.checked_at
     from verdicts v where v.address_key = any (addresses) $$;

CREATE FUNCTION public.wake_changed_mailbox() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  insert into mailbox_wakes (mailbox_id, due_at) values (new.id, '-infinity');
  return null;
end
$$;

CREATE TABLE public.access_tokens (
    token_hash bytea NOT NULL,
    api_client_id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.acme_accounts (
    directory text NOT NULL,
    private_key bytea NOT NULL,
    uri text
);

CREATE TABLE public.acme_challenges (
    token text NOT NULL,
    answer text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.api_clients (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    member_id bigint NOT NULL,
    client_id text NOT NULL,
    secret_hash bytea NOT NULL,
    dialect text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT api_clients_dialect CHECK ((dialect = ANY (ARRAY['reference'::text, 'openapi'::text])))
);

ALTER TABLE public.api_clients ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.api_clients_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.api_keys (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    member_id bigint NOT NULL,
    key_hash bytea NOT NULL,
    hint text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

ALTER TABLE public.api_keys ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.api_keys_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.business_clock (
    only_row boolean DEFAULT true NOT NULL,
    machine_origin timestamp with time zone NOT NULL,
    business_origin timestamp with time zone NOT NULL,
    speed double precision DEFAULT 1 NOT NULL,
    latest timestamp with time zone NOT NULL,
    CONSTRAINT business_clock_has_one_row CHECK (only_row),
    CONSTRAINT business_clock_speed CHECK ((speed >= (0)::double precision))
);

CREATE TABLE public.calendly_bookings (
    workspace_id bigint NOT NULL,
    booking bytea NOT NULL,
    told_at timestamp with time zone NOT NULL
);

CREATE TABLE public.calendly_hooks (
    workspace_id bigint NOT NULL,
    token text NOT NULL,
    signing_key bytea NOT NULL,
    made_at timestamp with time zone NOT NULL
);

CREATE TABLE public.campaign_attachments (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    node_key text NOT NULL,
    content_id bigint,
    name text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    size integer NOT NULL,
    made_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.campaign_attachments ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE public.campaign_attachments ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.campaign_attachments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaign_days (
    workspace_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    day date NOT NULL,
    mails integer DEFAULT 0 NOT NULL,
    first_mails integer DEFAULT 0 NOT NULL,
    CONSTRAINT campaign_days_first_mails CHECK ((first_mails >= 0)),
    CONSTRAINT campaign_days_mails CHECK ((mails >= 0))
)
WITH (fillfactor='50');

CREATE TABLE public.campaign_defaults (
    workspace_id bigint NOT NULL,
    postal_address text,
    unsubscribe_text text,
    changed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.campaign_list_reads (
    workspace_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    list_id bigint NOT NULL,
    read_to bigint DEFAULT 0 NOT NULL,
    last_position bigint DEFAULT 0 NOT NULL,
    seen_to bigint DEFAULT 0 NOT NULL,
    seen_before xid8 DEFAULT '0'::xid8 NOT NULL
);

CREATE TABLE public.campaign_lists (
    workspace_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    list_id bigint NOT NULL
);

CREATE TABLE public.campaign_mailboxes (
    workspace_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    mailbox_id bigint NOT NULL,
    place integer NOT NULL,
    weight integer DEFAULT 1 NOT NULL
);

CREATE TABLE public.campaign_runs (
    workspace_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    passed double precision DEFAULT 0 NOT NULL,
    past_sent bigint DEFAULT 0 NOT NULL,
    past_bounced bigint DEFAULT 0 NOT NULL,
    looked_under text
)
WITH (fillfactor='50');

CREATE SEQUENCE public.campaign_step_numbers
    START WITH 1780000000001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.campaign_tallies (
    workspace_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    mailbox_id bigint NOT NULL,
    sent bigint DEFAULT 0 NOT NULL,
    bounced bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.campaign_versions (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    number integer NOT NULL,
    graph text NOT NULL,
    checksum text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone
);

ALTER TABLE public.campaign_versions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.campaign_versions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns (
    workspace_id bigint NOT NULL,
    id bigint NOT NULL,
    token text NOT NULL,
    owner_id bigint,
    title text NOT NULL,
    status text DEFAULT 'new'::text NOT NULL,
    status_reason text,
    status_at timestamp with time zone NOT NULL,
    priority text NOT NULL,
    current_version_id bigint,
    schedule_id bigint,
    black_list_id bigint,
    tracks_opens boolean NOT NULL,
    tracks_clicks boolean NOT NULL,
    settings jsonb NOT NULL,
    starts_at timestamp with time zone,
    completes_at timestamp with time zone,
    starts_local timestamp without time zone,
    completes_local timestamp without time zone,
    time_zone text,
    completes_after_last_step boolean NOT NULL,
    archive_in_months integer NOT NULL,
    provider_matching boolean NOT NULL,
    deals jsonb,
    linkedin_accounts bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    stop_scope text DEFAULT 'person'::text NOT NULL,
    follow_up_share double precision,
    unsubscribe_text text,
    made_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    archived_at timestamp with time zone,
    deleted_at timestamp with time zone,
    CONSTRAINT campaigns_archive CHECK ((archive_in_months = ANY (ARRAY[1, 2, 3, 6]))),
    CONSTRAINT campaigns_follow_up_share CHECK (((follow_up_share >= (0)::double precision) AND (follow_up_share <= (1)::double precision))),
    CONSTRAINT campaigns_priority CHECK ((priority = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text]))),
    CONSTRAINT campaigns_status CHECK ((status = ANY (ARRAY['new'::text, 'scheduled'::text, 'active'::text, 'paused'::text, 'completed'::text, 'archived'::text]))),
    CONSTRAINT campaigns_stop_scope CHECK ((stop_scope = ANY (ARRAY['person'::text, 'company'::text])))
);

ALTER TABLE public.campaigns ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.campaigns_id_seq
    START WITH 100231
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.charged_requests (
    workspace_id bigint NOT NULL,
    request_key bytea NOT NULL,
    charged_at timestamp with time zone NOT NULL
);

CREATE TABLE public.claimed_addresses (
    address_hash bytea NOT NULL,
    claimed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.claimed_people (
    person_hash bytea NOT NULL,
    claimed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.content_variants (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    node_key text NOT NULL,
    content_id bigint NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    is_plain boolean DEFAULT false NOT NULL,
    usage text DEFAULT 'active'::text NOT NULL,
    weight integer DEFAULT 1 NOT NULL,
    written_at timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT content_variants_usage CHECK ((usage = ANY (ARRAY['active'::text, 'pause'::text]))),
    CONSTRAINT content_variants_weight CHECK (((weight >= 1) AND (weight <= 1000)))
);

ALTER TABLE public.content_variants ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.content_variants_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.crawl_hosts (
    host text NOT NULL,
    lease_holder text,
    lease_until timestamp with time zone,
    next_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    robots text,
    robots_status integer,
    robots_at timestamp with time zone
);

CREATE TABLE public.crawl_pages (
    domain text NOT NULL,
    url text NOT NULL,
    depth integer NOT NULL,
    score integer NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    addresses integer DEFAULT 0 NOT NULL,
    people integer DEFAULT 0 NOT NULL,
    CONSTRAINT crawl_pages_state CHECK ((state = ANY (ARRAY['waiting'::text, 'read'::text, 'failed'::text, 'moved'::text])))
);

CREATE TABLE public.crawls (
    domain text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    lease_holder text,
    lease_until timestamp with time zone
);

CREATE TABLE public.credit_entries (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    credits numeric(16,2) NOT NULL,
    reservation bigint,
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT credit_entries_kind CHECK ((kind = ANY (ARRAY['grant'::text, 'reserve'::text, 'release'::text, 'charge'::text, 'expire'::text])))
);

ALTER TABLE public.credit_entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.credit_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.credit_reservations (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    credits numeric(16,2) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone
);

ALTER TABLE public.credit_reservations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.credit_reservations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.custom_fields (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    label text NOT NULL,
    type text NOT NULL,
    required boolean DEFAULT false NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT custom_fields_type CHECK ((type = ANY (ARRAY['string'::text, 'number'::text, 'date'::text])))
);

ALTER TABLE public.custom_fields ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.custom_fields_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.days_off (
    workspace_id bigint NOT NULL,
    day date NOT NULL,
    name text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.do_not_email_items (
    workspace_id bigint NOT NULL,
    list_id bigint NOT NULL,
    item text NOT NULL,
    reason text DEFAULT 'added'::text NOT NULL,
    added_at timestamp with time zone NOT NULL
);

CREATE TABLE public.do_not_email_lists (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    name text NOT NULL,
    owner_id bigint NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    stops_all boolean NOT NULL,
    made_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone
);

ALTER TABLE public.do_not_email_lists ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.do_not_email_lists_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.domain_providers (
    domain text NOT NULL,
    provider text NOT NULL,
    asked_at timestamp with time zone NOT NULL
);

CREATE TABLE public.enrollments (
    workspace_id bigint NOT NULL,
    id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    prospect_id bigint NOT NULL,
    version_id bigint NOT NULL,
    node_key text NOT NULL,
    address text,
    address_key text NOT NULL,
    domain text NOT NULL,
    zone text,
    state text NOT NULL,
    reason text,
    lane smallint NOT NULL,
    visit integer DEFAULT 1 NOT NULL,
    mailbox_id bigint,
    due_at timestamp with time zone NOT NULL,
    look_at timestamp with time zone,
    run_id bigint,
    sent smallint DEFAULT 0 NOT NULL,
    opened smallint DEFAULT 0 NOT NULL,
    clicked smallint DEFAULT 0 NOT NULL,
    replied smallint DEFAULT 0 NOT NULL,
    row_version integer DEFAULT 0 NOT NULL,
    enrolled_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT enrollments_state CHECK ((state = ANY (ARRAY['to_check'::text, 'active'::text, 'parked'::text, 'paused'::text, 'over_limit'::text, 'finished'::text, 'unsubscribed'::text, 'bounced'::text, 'moved'::text, 'excluded'::text, 'failed'::text])))
)
WITH (fillfactor='85', autovacuum_vacuum_scale_factor='0.02', autovacuum_analyze_scale_factor='0.05');

ALTER TABLE public.enrollments ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.enrollments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.event_log (
    only_row boolean DEFAULT true NOT NULL,
    base bigint NOT NULL,
    CONSTRAINT event_log_has_one_row CHECK (only_row)
);

CREATE TABLE public.event_readers (
    name text NOT NULL,
    writer bigint NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE public.events (
    writer bigint NOT NULL,
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    workspace_id bigint,
    kind text NOT NULL,
    body jsonb NOT NULL,
    CONSTRAINT events_body CHECK ((jsonb_typeof(body) = 'object'::text))
)
PARTITION BY RANGE (at);

CREATE SEQUENCE public.events_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.events_id OWNED BY public.events.id;

CREATE TABLE public.events_default (
    writer bigint CONSTRAINT events_writer_not_null NOT NULL,
    id bigint DEFAULT nextval('public.events_id'::regclass) CONSTRAINT events_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT events_at_not_null NOT NULL,
    workspace_id bigint,
    kind text CONSTRAINT events_kind_not_null NOT NULL,
    body jsonb CONSTRAINT events_body_not_null NOT NULL,
    CONSTRAINT events_body CHECK ((jsonb_typeof(body) = 'object'::text))
);

CREATE TABLE public.finder_tasks (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    token text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    request_key bytea,
    request jsonb NOT NULL,
    result jsonb,
    reservation bigint,
    reserved numeric(16,2) DEFAULT 0 NOT NULL,
    credits_each numeric(16,2) DEFAULT 1 NOT NULL,
    answer_by timestamp with time zone NOT NULL,
    when_done jsonb,
    made_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT finder_tasks_found CHECK (((state <> 'completed'::text) OR (result IS NOT NULL))),
    CONSTRAINT finder_tasks_over CHECK (((finished_at IS NULL) = (state = 'running'::text))),
    CONSTRAINT finder_tasks_state CHECK ((state = ANY (ARRAY['running'::text, 'completed'::text, 'not_enough_credits'::text])))
);

ALTER TABLE public.finder_tasks ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.finder_tasks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.found_sends (
    workspace_id bigint NOT NULL,
    mark text NOT NULL,
    mailbox_id bigint NOT NULL,
    message_id text NOT NULL,
    found_at timestamp with time zone NOT NULL
);

CREATE TABLE public.ingestion_files (
    id bigint NOT NULL,
    owner bigint DEFAULT 0 NOT NULL,
    input_hash text NOT NULL,
    name text NOT NULL,
    path text NOT NULL,
    bytes bigint NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    passed_over integer[] DEFAULT '{}'::integer[] NOT NULL,
    ends_before integer,
    lease_holder text,
    lease_until timestamp with time zone,
    report jsonb,
    enrolled_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT ingestion_files_lease CHECK (((lease_holder IS NULL) = (lease_until IS NULL))),
    CONSTRAINT ingestion_files_state CHECK ((state = ANY (ARRAY['waiting'::text, 'extracted'::text, 'merged'::text, 'parked'::text])))
);

ALTER TABLE public.ingestion_files ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ingestion_files_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.instance (
    only_row boolean DEFAULT true NOT NULL,
    mode text NOT NULL,
    token text NOT NULL,
    key_check bytea,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT instance_has_one_row CHECK (only_row),
    CONSTRAINT instance_mode CHECK ((mode = ANY (ARRAY['live'::text, 'sandbox'::text])))
);

CREATE TABLE public.jobs (
    id bigint NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    priority smallint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    workspace_id bigint,
    once_key text,
    tries integer DEFAULT 0 NOT NULL,
    max_tries integer NOT NULL,
    lease_number bigint DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    run_again_at timestamp with time zone,
    last_error text,
    parked_at timestamp with time zone,
    CONSTRAINT jobs_lease CHECK (((state = 'running'::text) = (lease_until IS NOT NULL))),
    CONSTRAINT jobs_max_tries CHECK ((max_tries > 0)),
    CONSTRAINT jobs_parked CHECK (((state = 'parked'::text) = (parked_at IS NOT NULL))),
    CONSTRAINT jobs_priority CHECK ((priority = ANY (ARRAY[0, 1, 2]))),
    CONSTRAINT jobs_state CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'parked'::text]))),
    CONSTRAINT jobs_tries CHECK ((tries >= 0))
)
WITH (fillfactor='80', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0.02', autovacuum_analyze_threshold='5000', autovacuum_vacuum_cost_delay='0');

ALTER TABLE public.jobs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lead_addresses (
    id bigint NOT NULL,
    owner bigint NOT NULL,
    domain_id bigint NOT NULL,
    person_id bigint,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    methods integer NOT NULL,
    sources integer NOT NULL,
    generic boolean NOT NULL,
    own_domain boolean NOT NULL,
    shadowed boolean DEFAULT false NOT NULL,
    local text NOT NULL,
    replied_at timestamp with time zone,
    bounced_at timestamp with time zone,
    verified_at timestamp with time zone
);

ALTER TABLE public.lead_addresses ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lead_addresses_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lead_companies (
    domain_id bigint NOT NULL,
    owner bigint NOT NULL,
    founded smallint,
    place_id integer,
    name text,
    name_key text,
    phone text,
    industry text,
    size text,
    site text,
    logo text,
    social text[] DEFAULT '{}'::text[] NOT NULL,
    related text[] DEFAULT '{}'::text[] NOT NULL,
    specialities text[] DEFAULT '{}'::text[] NOT NULL,
    revenue_min bigint,
    revenue_max bigint,
    shadowed boolean DEFAULT false NOT NULL
);

CREATE TABLE public.lead_company_evidence (
    source_id bigint NOT NULL,
    domain_id bigint NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    weight real NOT NULL,
    founded smallint,
    name text,
    city text,
    state text,
    country text,
    phone text,
    industry text,
    size text,
    site text,
    logo text,
    social text[] DEFAULT '{}'::text[] NOT NULL,
    related text[] DEFAULT '{}'::text[] NOT NULL,
    specialities text[] DEFAULT '{}'::text[] NOT NULL,
    revenue_min bigint,
    revenue_max bigint
);

CREATE TABLE public.lead_counts (
    domain_id bigint NOT NULL,
    owner bigint NOT NULL,
    people integer DEFAULT 0 NOT NULL,
    emails integer DEFAULT 0 NOT NULL,
    generic integer DEFAULT 0 NOT NULL,
    CONSTRAINT lead_counts_never_below_zero CHECK (((people >= 0) AND (emails >= 0) AND (generic >= 0)))
)
WITH (fillfactor='70');

CREATE TABLE public.lead_details (
    person_id bigint NOT NULL,
    source_id bigint NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    key text NOT NULL,
    CONSTRAINT lead_details_kind CHECK ((kind = ANY (ARRAY['profile'::text, 'phone'::text, 'skill'::text, 'industry'::text])))
);

CREATE TABLE public.lead_domains (
    id bigint NOT NULL,
    domain text NOT NULL,
    label text NOT NULL
);

ALTER TABLE public.lead_domains ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lead_domains_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lead_evidence (
    source_id bigint NOT NULL,
    person_id bigint,
    address_id bigint,
    employer_id bigint,
    seen_at timestamp with time zone NOT NULL,
    snippet bigint,
    position_id integer,
    place_id integer,
    method smallint NOT NULL,
    own_domain boolean NOT NULL,
    former boolean NOT NULL,
    company text,
    place text
);

CREATE TABLE public.lead_people (
    id bigint NOT NULL,
    owner bigint NOT NULL,
    domain_id bigint NOT NULL,
    position_id integer,
    place_id integer,
    rank smallint DEFAULT 0 NOT NULL,
    shadowed boolean DEFAULT false NOT NULL,
    key text NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    profile text
);

ALTER TABLE public.lead_people ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lead_people_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lead_places (
    id integer NOT NULL,
    key text NOT NULL,
    city text,
    state text,
    country text,
    city_key text,
    state_key text
);

ALTER TABLE public.lead_places ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lead_places_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lead_positions (
    id integer NOT NULL,
    key text NOT NULL,
    "position" text NOT NULL,
    level text NOT NULL,
    department text NOT NULL
);

ALTER TABLE public.lead_positions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lead_positions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lead_sources (
    id bigint NOT NULL,
    owner bigint NOT NULL,
    parent_id bigint,
    captured_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    key bytea NOT NULL,
    kind text NOT NULL,
    uri text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT lead_sources_kind CHECK ((kind = ANY (ARRAY['page'::text, 'archive'::text, 'import'::text, 'signature'::text, 'reply'::text, 'bounce'::text, 'prospect'::text, 'verification'::text])))
);

ALTER TABLE public.lead_sources ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lead_sources_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lead_visits (
    domain_id bigint NOT NULL,
    visited_at timestamp with time zone NOT NULL,
    outcome text NOT NULL
);

CREATE TABLE public.list_members (
    workspace_id bigint NOT NULL,
    list_id bigint NOT NULL,
    prospect_id bigint NOT NULL,
    "position" bigint NOT NULL,
    added_by bigint,
    added_at timestamp with time zone NOT NULL
);

ALTER TABLE public.list_members ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.list_members_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.mail_domains (
    domain text NOT NULL,
    accepts_anything boolean,
    made_up text,
    mx text,
    greylists_at timestamp with time zone,
    learned_at timestamp with time zone NOT NULL
);

CREATE TABLE public.mail_files (
    workspace_id bigint NOT NULL,
    digest bytea NOT NULL,
    content bytea NOT NULL
);

CREATE TABLE public.mail_servers (
    address inet NOT NULL,
    lockstep boolean DEFAULT false NOT NULL,
    rejects integer,
    recipients integer,
    answers integer,
    connections integer,
    learned_at timestamp with time zone NOT NULL
);

CREATE TABLE public.mailbox_days (
    mailbox_id bigint NOT NULL,
    day date NOT NULL,
    workspace_id bigint NOT NULL,
    reserved integer DEFAULT 0 NOT NULL,
    bounced integer DEFAULT 0 NOT NULL,
    CONSTRAINT mailbox_days_reserved CHECK ((reserved >= 0))
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='200', autovacuum_vacuum_scale_factor='0.1', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.mailbox_turns (
    mailbox_id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    next_free_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    wake_at timestamp with time zone,
    lease_owner text,
    lease_number bigint DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    fails smallint DEFAULT 0 NOT NULL,
    retry_at timestamp with time zone,
    learned_at timestamp with time zone,
    renames boolean,
    held_at timestamp with time zone,
    held_from timestamp with time zone,
    trusted boolean DEFAULT false NOT NULL,
    compared boolean DEFAULT false NOT NULL,
    compare_at timestamp with time zone,
    compare_note text,
    unproven_until timestamp with time zone,
    CONSTRAINT mailbox_turns_lease CHECK (((lease_owner IS NULL) = (lease_until IS NULL)))
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='200', autovacuum_vacuum_scale_factor='0.1', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.mailbox_wakes (
    mailbox_id bigint NOT NULL,
    due_at timestamp with time zone NOT NULL
);

CREATE TABLE public.mailboxes (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    address text NOT NULL,
    address_key text NOT NULL,
    sender_name text NOT NULL,
    provider text NOT NULL,
    smtp_host text NOT NULL,
    smtp_port integer NOT NULL,
    smtp_encryption text NOT NULL,
    imap_host text,
    imap_port integer,
    imap_encryption text,
    auth text NOT NULL,
    login text NOT NULL,
    secret bytea NOT NULL,
    access_token bytea,
    access_token_until timestamp with time zone,
    renewing_until timestamp with time zone,
    time_zone text NOT NULL,
    daily_limit integer NOT NULL,
    delay_min_seconds integer NOT NULL,
    delay_max_seconds integer NOT NULL,
    ramp_up_start integer,
    ramp_up_step integer,
    ramp_up_from date,
    signature_html text,
    reply_to text,
    bcc text[] DEFAULT '{}'::text[] NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    state_reason text,
    sent_copies text NOT NULL,
    smtp_status text DEFAULT 'pending'::text NOT NULL,
    smtp_errors text[] DEFAULT '{}'::text[] NOT NULL,
    imap_status text,
    imap_errors text[] DEFAULT '{}'::text[] NOT NULL,
    check_number bigint DEFAULT 1 NOT NULL,
    checked_at timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT mailboxes_auth CHECK ((auth = ANY (ARRAY['password'::text, 'oauth'::text]))),
    CONSTRAINT mailboxes_checks CHECK (((smtp_status = ANY (ARRAY['pending'::text, 'valid'::text, 'invalid'::text])) AND ((imap_status IS NULL) OR (imap_status = ANY (ARRAY['pending'::text, 'valid'::text, 'invalid'::text]))))),
    CONSTRAINT mailboxes_daily_limit CHECK ((daily_limit > 0)),
    CONSTRAINT mailboxes_delay CHECK (((0 <= delay_min_seconds) AND (delay_min_seconds <= delay_max_seconds))),
    CONSTRAINT mailboxes_deleted CHECK (((state = 'deleted'::text) = (deleted_at IS NOT NULL))),
    CONSTRAINT mailboxes_imap CHECK ((num_nulls(imap_host, imap_port, imap_encryption, imap_status) = ANY (ARRAY[0, 4]))),
    CONSTRAINT mailboxes_imap_encryption CHECK ((imap_encryption = ANY (ARRAY['ssl'::text, 'starttls'::text, 'none'::text]))),
    CONSTRAINT mailboxes_provider CHECK ((provider = ANY (ARRAY['gmail'::text, 'microsoft'::text, 'hostinger'::text, 'zoho'::text, 'titan'::text, 'godaddy'::text, 'other'::text]))),
    CONSTRAINT mailboxes_ramp_up CHECK ((num_nulls(ramp_up_start, ramp_up_step, ramp_up_from) = ANY (ARRAY[0, 3]))),
    CONSTRAINT mailboxes_sent_copies CHECK ((sent_copies = ANY (ARRAY['provider'::text, 'append'::text, 'none'::text]))),
    CONSTRAINT mailboxes_smtp_encryption CHECK ((smtp_encryption = ANY (ARRAY['ssl'::text, 'starttls'::text, 'none'::text]))),
    CONSTRAINT mailboxes_state CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text, 'error'::text, 'deleted'::text])))
);

ALTER TABLE public.mailboxes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.mailboxes_id_seq
    START WITH 300111
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.mails (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    mailbox_id bigint NOT NULL,
    purpose text NOT NULL,
    subject_id bigint NOT NULL,
    campaign_id bigint,
    once_key text NOT NULL,
    token text NOT NULL,
    mark text NOT NULL,
    message_id text NOT NULL,
    to_address text NOT NULL,
    to_name text NOT NULL,
    subject text NOT NULL,
    letter text NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    CONSTRAINT mails_purpose CHECK ((purpose = ANY (ARRAY['campaign'::text, 'reply'::text, 'test'::text, 'warmup'::text, 'notice'::text])))
);

ALTER TABLE public.mails ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.mails_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.members (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    sees_all boolean NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT members_role CHECK ((role = ANY (ARRAY['owner'::text, 'manager'::text, 'member'::text])))
);

ALTER TABLE public.members ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.members_id_seq
    START WITH 424201
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.merged_addresses (
    workspace_id bigint NOT NULL,
    email_key text NOT NULL,
    prospect_id bigint NOT NULL
);

CREATE TABLE public.period_recipients (
    workspace_id bigint NOT NULL,
    period_ends timestamp with time zone NOT NULL,
    address_hash bytea NOT NULL
);

CREATE TABLE public.periodic (
    name text NOT NULL,
    last_tick timestamp with time zone
);

CREATE TABLE public.place_zones (
    country text NOT NULL,
    locality text NOT NULL,
    zone text NOT NULL
);

CREATE TABLE public.prospect_change_rows (
    workspace_id bigint NOT NULL,
    change_id bigint NOT NULL,
    prospect_id bigint NOT NULL,
    before jsonb,
    lists_before bigint[],
    added_by_before bigint[]
);

CREATE TABLE public.prospect_changes (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    kind text NOT NULL,
    summary text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    undone_at timestamp with time zone,
    CONSTRAINT prospect_changes_kind CHECK ((kind = ANY (ARRAY['import'::text, 'move'::text, 'delete'::text, 'merge'::text])))
);

ALTER TABLE public.prospect_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.prospect_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE SEQUENCE public.prospect_copy_numbers
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.prospect_evidence (
    workspace_id bigint NOT NULL,
    last_id bigint NOT NULL
);

CREATE TABLE public.prospect_lists (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone
);

ALTER TABLE public.prospect_lists ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.prospect_lists_id_seq
    START WITH 200401
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.prospects (
    workspace_id bigint NOT NULL,
    id bigint NOT NULL,
    email text,
    email_key text,
    other_emails text[] DEFAULT '{}'::text[] NOT NULL,
    copy_number bigint DEFAULT 0 NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    first_name text DEFAULT ''::text NOT NULL,
    last_name text DEFAULT ''::text NOT NULL,
    phones text[] DEFAULT '{}'::text[] NOT NULL,
    country text,
    locality text,
    industry text,
    "position" text,
    company_name text,
    company_site text,
    social jsonb DEFAULT '{}'::jsonb NOT NULL,
    linkedin_key text,
    custom jsonb DEFAULT '{}'::jsonb NOT NULL,
    source text NOT NULL,
    made_by bigint,
    made_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT prospects_can_be_reached CHECK (((email_key IS NOT NULL) OR (linkedin_key IS NOT NULL)))
);

ALTER TABLE public.prospects ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.prospects_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE UNLOGGED TABLE public.rate_windows (
    subject text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    used integer NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.schedules (
    workspace_id bigint NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    in_recipient_zone boolean DEFAULT false NOT NULL,
    days jsonb NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    made_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT schedules_days CHECK (((jsonb_typeof(days) = 'array'::text) AND (jsonb_array_length(days) = 7))),
    CONSTRAINT schedules_default CHECK ((NOT (is_default AND (deleted_at IS NOT NULL))))
);

ALTER TABLE public.schedules ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.schedules_id_seq
    START WITH 5001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schema_migrations (
    number integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.searched_domains (
    workspace_id bigint NOT NULL,
    search_key bytea NOT NULL,
    domain text NOT NULL,
    searched_at timestamp with time zone NOT NULL
);

CREATE TABLE public.sending_watch (
    only_row boolean DEFAULT true NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    stopped boolean DEFAULT false NOT NULL,
    place text NOT NULL,
    CONSTRAINT sending_watch_has_one_row CHECK (only_row)
);

CREATE TABLE public.sending_workers (
    name text NOT NULL,
    alive_until timestamp with time zone NOT NULL
);

CREATE TABLE public.sends (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    mailbox_id bigint NOT NULL,
    campaign_id bigint,
    purpose text NOT NULL,
    subject_id bigint NOT NULL,
    priority smallint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    wanted_at timestamp with time zone NOT NULL,
    state text DEFAULT 'planned'::text NOT NULL,
    tries smallint DEFAULT 0 NOT NULL,
    requeued boolean DEFAULT false NOT NULL,
    lease_number bigint,
    day date,
    marked_at timestamp with time zone,
    uncertain_at timestamp with time zone,
    look_at timestamp with time zone,
    looks smallint DEFAULT 0 NOT NULL,
    looking_until timestamp with time zone,
    is_seen boolean DEFAULT false NOT NULL,
    doubt text,
    CONSTRAINT sends_doubt CHECK (((state = ANY (ARRAY['uncertain'::text, 'needs_decision'::text])) = (doubt IS NOT NULL))),
    CONSTRAINT sends_marked CHECK (((state <> 'sending'::text) OR (marked_at IS NOT NULL))),
    CONSTRAINT sends_state CHECK ((state = ANY (ARRAY['planned'::text, 'claimed'::text, 'sending'::text, 'uncertain'::text, 'needs_decision'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0.02', autovacuum_analyze_threshold='5000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.sent_mails (
    workspace_id bigint NOT NULL,
    id bigint NOT NULL,
    mailbox_id bigint NOT NULL,
    campaign_id bigint,
    purpose text NOT NULL,
    subject_id bigint NOT NULL,
    outcome text NOT NULL,
    at timestamp with time zone NOT NULL,
    resolved_by text NOT NULL,
    stored_id text,
    reason text,
    reply text,
    hard boolean,
    tries smallint DEFAULT 0 NOT NULL,
    CONSTRAINT sent_mails_outcome CHECK ((outcome = ANY (ARRAY['sent'::text, 'presumed_sent'::text, 'failed'::text]))),
    CONSTRAINT sent_mails_resolved_by CHECK ((resolved_by = ANY (ARRAY['reply'::text, 'sent_folder'::text, 'policy'::text, 'recipient'::text, 'person'::text])))
);

CREATE TABLE public.spool_files (
    name text NOT NULL,
    loaded bigint NOT NULL,
    loaded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.step_runs (
    workspace_id bigint NOT NULL,
    id bigint NOT NULL,
    enrollment_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    node_key text NOT NULL,
    visit integer NOT NULL,
    variant_id bigint,
    mailbox_id bigint NOT NULL,
    send_id bigint NOT NULL,
    is_first boolean NOT NULL,
    state text NOT NULL,
    counted_on date,
    planned_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    opened_at timestamp with time zone,
    clicked_at timestamp with time zone,
    replied_at timestamp with time zone,
    booked_at timestamp with time zone,
    CONSTRAINT step_runs_state CHECK ((state = ANY (ARRAY['planned'::text, 'needs_decision'::text, 'presumed_sent'::text, 'sent'::text, 'failed'::text])))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE public.step_runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.step_runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tracked_hits (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    send_id bigint NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    method text NOT NULL,
    agent text NOT NULL,
    address text NOT NULL,
    link smallint NOT NULL,
    url text NOT NULL,
    class text,
    facts jsonb,
    CONSTRAINT tracked_hits_class CHECK ((class = ANY (ARRAY['human'::text, 'proxy'::text, 'prefetch'::text, 'scanner'::text, 'self'::text]))),
    CONSTRAINT tracked_hits_kind CHECK ((kind = ANY (ARRAY['open'::text, 'click'::text])))
);

ALTER TABLE public.tracked_hits ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tracked_hits_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tracking_certificates (
    domain text NOT NULL,
    private_key bytea,
    chain text,
    ends_at timestamp with time zone,
    problem text,
    tried_at timestamp with time zone NOT NULL
);

CREATE TABLE public.tracking_domains (
    workspace_id bigint NOT NULL,
    domain text NOT NULL,
    state text NOT NULL,
    proof text NOT NULL,
    problem text,
    checked_at timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT tracking_domains_state CHECK ((state = ANY (ARRAY['pending'::text, 'verified'::text, 'removed'::text])))
);

CREATE TABLE public.verdicts (
    address_key text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    flags smallint NOT NULL,
    mx text,
    checked_at timestamp with time zone NOT NULL,
    first_asked_at timestamp with time zone NOT NULL,
    retry_at timestamp with time zone,
    by_operator boolean DEFAULT false NOT NULL,
    CONSTRAINT verdicts_status CHECK ((status = ANY (ARRAY['valid'::text, 'not_valid'::text, 'unknown'::text]))),
    CONSTRAINT verdicts_that_are_open CHECK (((retry_at IS NULL) OR (status = 'unknown'::text)))
)
WITH (fillfactor='90');

CREATE TABLE public.verification_batches (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    token text NOT NULL,
    kind text NOT NULL,
    state text DEFAULT 'running'::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    total integer NOT NULL,
    remaining integer NOT NULL,
    reservation bigint,
    reserved numeric(16,2) DEFAULT 0 NOT NULL,
    answer_by timestamp with time zone,
    when_done jsonb,
    made_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT verification_batches_kind CHECK ((kind = ANY (ARRAY['task'::text, 'legacy'::text, 'list'::text]))),
    CONSTRAINT verification_batches_remaining CHECK (((remaining >= 0) AND (remaining <= total))),
    CONSTRAINT verification_batches_state CHECK ((state = ANY (ARRAY['running'::text, 'completed'::text, 'not_enough_credits'::text])))
);

ALTER TABLE public.verification_batches ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.verification_batches_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.verification_items (
    batch_id bigint NOT NULL,
    address_key text NOT NULL,
    address text NOT NULL,
    domain text NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    leased_by bigint,
    lease_until timestamp with time zone,
    reason text,
    flags smallint,
    mx text,
    checked_at timestamp with time zone,
    CONSTRAINT verification_items_done CHECK (((state <> 'done'::text) OR ((reason IS NOT NULL) AND (flags IS NOT NULL) AND (checked_at IS NOT NULL)))),
    CONSTRAINT verification_items_state CHECK ((state = ANY (ARRAY['due'::text, 'open'::text, 'done'::text, 'unpaid'::text])))
)
WITH (fillfactor='70');

CREATE UNLOGGED TABLE public.verifier_seats (
    server text NOT NULL,
    seat integer NOT NULL,
    lease_until timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE UNLOGGED TABLE public.verifier_windows (
    subject text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    used integer NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.webhook_attempts (
    delivery_id bigint NOT NULL,
    round smallint NOT NULL,
    number smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    elapsed_ms integer NOT NULL,
    status smallint,
    problem text,
    response bytea,
    headers jsonb
);

CREATE TABLE public.webhook_deliveries (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    webhook_id bigint NOT NULL,
    event bigint NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    tries smallint DEFAULT 0 NOT NULL,
    round smallint DEFAULT 1 NOT NULL,
    due_at timestamp with time zone NOT NULL,
    last_status smallint,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT webhook_deliveries_state CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'failed'::text, 'dropped'::text])))
)
WITH (fillfactor='85', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000');

ALTER TABLE public.webhook_deliveries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_deliveries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.webhook_events (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    event_id bigint NOT NULL,
    event_object text NOT NULL,
    event_action text NOT NULL,
    at timestamp with time zone NOT NULL,
    facts jsonb NOT NULL
);

ALTER TABLE public.webhook_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.webhook_leases (
    webhook_id bigint NOT NULL,
    owner bigint NOT NULL,
    lease_until timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.webhooks (
    id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    member_id bigint NOT NULL,
    url text NOT NULL,
    event_object text NOT NULL,
    event_action text NOT NULL,
    event_name text,
    status text DEFAULT 'active'::text NOT NULL,
    stopped_because text,
    secret bytea NOT NULL,
    old_secret bytea,
    old_secret_until timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT webhooks_status CHECK ((status = ANY (ARRAY['active'::text, 'deactivated'::text])))
);

ALTER TABLE public.webhooks ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhooks_id_seq
    START WITH 17
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.workspaces (
    id bigint NOT NULL,
    name text NOT NULL,
    plan text NOT NULL,
    rate_limit integer,
    credits_unlimited boolean NOT NULL,
    credits numeric(16,2) DEFAULT 0 NOT NULL,
    recipients_used integer DEFAULT 0 NOT NULL,
    period_ends_at timestamp with time zone NOT NULL,
    plan_ends_at timestamp with time zone NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT credits_never_below_zero CHECK (((credits >= (0)::numeric) OR credits_unlimited)),
    CONSTRAINT workspaces_rate_limit CHECK ((rate_limit > 0))
);

ALTER TABLE public.workspaces ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.workspaces_id_seq
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_default DEFAULT;

ALTER TABLE ONLY public.events ALTER COLUMN id SET DEFAULT nextval('public.events_id'::regclass);

ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.acme_accounts
    ADD CONSTRAINT acme_accounts_pkey PRIMARY KEY (directory);

ALTER TABLE ONLY public.acme_challenges
    ADD CONSTRAINT acme_challenges_pkey PRIMARY KEY (token);

ALTER TABLE ONLY public.api_clients
    ADD CONSTRAINT api_clients_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_differ UNIQUE (key_hash);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.business_clock
    ADD CONSTRAINT business_clock_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.calendly_bookings
    ADD CONSTRAINT calendly_bookings_pkey PRIMARY KEY (workspace_id, booking);

ALTER TABLE ONLY public.calendly_hooks
    ADD CONSTRAINT calendly_hooks_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY public.calendly_hooks
    ADD CONSTRAINT calendly_hooks_token UNIQUE (token);

ALTER TABLE ONLY public.campaign_attachments
    ADD CONSTRAINT campaign_attachments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaign_days
    ADD CONSTRAINT campaign_days_pkey PRIMARY KEY (workspace_id, campaign_id, day);

ALTER TABLE ONLY public.campaign_defaults
    ADD CONSTRAINT campaign_defaults_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY public.campaign_list_reads
    ADD CONSTRAINT campaign_list_reads_pkey PRIMARY KEY (campaign_id, list_id);

ALTER TABLE ONLY public.campaign_lists
    ADD CONSTRAINT campaign_lists_pkey PRIMARY KEY (workspace_id, campaign_id, list_id);

ALTER TABLE ONLY public.campaign_mailboxes
    ADD CONSTRAINT campaign_mailboxes_pkey PRIMARY KEY (workspace_id, campaign_id, mailbox_id);

ALTER TABLE ONLY public.campaign_runs
    ADD CONSTRAINT campaign_runs_pkey PRIMARY KEY (campaign_id);

ALTER TABLE ONLY public.campaign_tallies
    ADD CONSTRAINT campaign_tallies_pkey PRIMARY KEY (workspace_id, campaign_id, mailbox_id);

ALTER TABLE ONLY public.campaign_versions
    ADD CONSTRAINT campaign_versions_number UNIQUE (workspace_id, campaign_id, number);

ALTER TABLE ONLY public.campaign_versions
    ADD CONSTRAINT campaign_versions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_id UNIQUE (id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_token UNIQUE (token);

ALTER TABLE ONLY public.charged_requests
    ADD CONSTRAINT charged_requests_pkey PRIMARY KEY (workspace_id, request_key);

ALTER TABLE ONLY public.claimed_addresses
    ADD CONSTRAINT claimed_addresses_pkey PRIMARY KEY (address_hash);

ALTER TABLE ONLY public.claimed_people
    ADD CONSTRAINT claimed_people_pkey PRIMARY KEY (person_hash);

ALTER TABLE ONLY public.api_clients
    ADD CONSTRAINT client_ids_differ UNIQUE (client_id);

ALTER TABLE ONLY public.content_variants
    ADD CONSTRAINT content_variants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.crawl_hosts
    ADD CONSTRAINT crawl_hosts_pkey PRIMARY KEY (host);

ALTER TABLE ONLY public.crawl_pages
    ADD CONSTRAINT crawl_pages_key PRIMARY KEY (domain, url);

ALTER TABLE ONLY public.crawls
    ADD CONSTRAINT crawls_pkey PRIMARY KEY (domain);

ALTER TABLE ONLY public.credit_entries
    ADD CONSTRAINT credit_entries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.credit_reservations
    ADD CONSTRAINT credit_reservations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.custom_fields
    ADD CONSTRAINT custom_fields_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.days_off
    ADD CONSTRAINT days_off_pkey PRIMARY KEY (workspace_id, day);

ALTER TABLE ONLY public.do_not_email_items
    ADD CONSTRAINT do_not_email_items_pkey PRIMARY KEY (workspace_id, list_id, item);

ALTER TABLE ONLY public.do_not_email_lists
    ADD CONSTRAINT do_not_email_lists_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.domain_providers
    ADD CONSTRAINT domain_providers_pkey PRIMARY KEY (domain);

ALTER TABLE ONLY public.enrollments
    ADD CONSTRAINT enrollments_pkey PRIMARY KEY (workspace_id, campaign_id, id);

ALTER TABLE ONLY public.event_log
    ADD CONSTRAINT event_log_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.event_readers
    ADD CONSTRAINT event_readers_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_key PRIMARY KEY (writer, id, at);

ALTER TABLE ONLY public.events_default
    ADD CONSTRAINT events_default_pkey PRIMARY KEY (writer, id, at);

ALTER TABLE ONLY public.finder_tasks
    ADD CONSTRAINT finder_tasks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.finder_tasks
    ADD CONSTRAINT finder_tokens_differ UNIQUE (token);

ALTER TABLE ONLY public.found_sends
    ADD CONSTRAINT found_sends_pkey PRIMARY KEY (workspace_id, mark);

ALTER TABLE ONLY public.ingestion_files
    ADD CONSTRAINT ingestion_files_once UNIQUE (owner, input_hash);

ALTER TABLE ONLY public.ingestion_files
    ADD CONSTRAINT ingestion_files_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lead_addresses
    ADD CONSTRAINT lead_addresses_differ UNIQUE (domain_id, local, owner);

ALTER TABLE ONLY public.lead_addresses
    ADD CONSTRAINT lead_addresses_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lead_companies
    ADD CONSTRAINT lead_companies_differ PRIMARY KEY (domain_id, owner);

ALTER TABLE ONLY public.lead_counts
    ADD CONSTRAINT lead_counts_differ PRIMARY KEY (domain_id, owner);

ALTER TABLE ONLY public.lead_details
    ADD CONSTRAINT lead_details_once UNIQUE (person_id, kind, key, source_id);

ALTER TABLE ONLY public.lead_domains
    ADD CONSTRAINT lead_domains_differ UNIQUE (domain);

ALTER TABLE ONLY public.lead_domains
    ADD CONSTRAINT lead_domains_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lead_people
    ADD CONSTRAINT lead_people_differ UNIQUE (domain_id, key, owner);

ALTER TABLE ONLY public.lead_people
    ADD CONSTRAINT lead_people_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lead_places
    ADD CONSTRAINT lead_places_differ UNIQUE (key);

ALTER TABLE ONLY public.lead_places
    ADD CONSTRAINT lead_places_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lead_positions
    ADD CONSTRAINT lead_positions_differ UNIQUE (key);

ALTER TABLE ONLY public.lead_positions
    ADD CONSTRAINT lead_positions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lead_sources
    ADD CONSTRAINT lead_sources_once UNIQUE (key, owner);

ALTER TABLE ONLY public.lead_sources
    ADD CONSTRAINT lead_sources_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lead_visits
    ADD CONSTRAINT lead_visits_pkey PRIMARY KEY (domain_id);

ALTER TABLE ONLY public.list_members
    ADD CONSTRAINT list_members_pkey PRIMARY KEY (workspace_id, prospect_id, list_id);

ALTER TABLE ONLY public.mail_domains
    ADD CONSTRAINT mail_domains_pkey PRIMARY KEY (domain);

ALTER TABLE ONLY public.mail_files
    ADD CONSTRAINT mail_files_pkey PRIMARY KEY (workspace_id, digest);

ALTER TABLE ONLY public.mail_servers
    ADD CONSTRAINT mail_servers_pkey PRIMARY KEY (address);

ALTER TABLE ONLY public.mailbox_days
    ADD CONSTRAINT mailbox_days_pkey PRIMARY KEY (mailbox_id, day);

ALTER TABLE ONLY public.mailbox_turns
    ADD CONSTRAINT mailbox_turns_pkey PRIMARY KEY (mailbox_id);

ALTER TABLE ONLY public.mailboxes
    ADD CONSTRAINT mailboxes_of_workspace UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.mailboxes
    ADD CONSTRAINT mailboxes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_once UNIQUE (workspace_id, purpose, once_key);

ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_token UNIQUE (token);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merged_addresses
    ADD CONSTRAINT merged_addresses_pkey PRIMARY KEY (workspace_id, email_key, prospect_id);

ALTER TABLE ONLY public.enrollments
    ADD CONSTRAINT one_enrollment_per_address UNIQUE (workspace_id, domain, address_key, campaign_id);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT one_member_per_address UNIQUE (workspace_id, email);

ALTER TABLE ONLY public.step_runs
    ADD CONSTRAINT one_run_per_send UNIQUE (workspace_id, send_id);

ALTER TABLE ONLY public.step_runs
    ADD CONSTRAINT one_run_per_visit UNIQUE (workspace_id, enrollment_id, node_key, visit);

ALTER TABLE ONLY public.period_recipients
    ADD CONSTRAINT period_recipients_pkey PRIMARY KEY (workspace_id, period_ends, address_hash);

ALTER TABLE ONLY public.periodic
    ADD CONSTRAINT periodic_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.place_zones
    ADD CONSTRAINT place_zones_pkey PRIMARY KEY (country, locality);

ALTER TABLE ONLY public.prospect_change_rows
    ADD CONSTRAINT prospect_change_rows_pkey PRIMARY KEY (workspace_id, change_id, prospect_id);

ALTER TABLE ONLY public.prospect_changes
    ADD CONSTRAINT prospect_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.prospect_evidence
    ADD CONSTRAINT prospect_evidence_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY public.prospect_lists
    ADD CONSTRAINT prospect_lists_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.prospects
    ADD CONSTRAINT prospects_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.rate_windows
    ADD CONSTRAINT rate_windows_pkey PRIMARY KEY (subject);

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_id UNIQUE (id);

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.searched_domains
    ADD CONSTRAINT searched_domains_pkey PRIMARY KEY (workspace_id, search_key, domain);

ALTER TABLE ONLY public.sending_watch
    ADD CONSTRAINT sending_watch_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.sending_workers
    ADD CONSTRAINT sending_workers_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.sends
    ADD CONSTRAINT sends_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sent_mails
    ADD CONSTRAINT sent_mails_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.spool_files
    ADD CONSTRAINT spool_files_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.step_runs
    ADD CONSTRAINT step_runs_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.tracked_hits
    ADD CONSTRAINT tracked_hits_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tracking_certificates
    ADD CONSTRAINT tracking_certificates_pkey PRIMARY KEY (domain);

ALTER TABLE ONLY public.tracking_domains
    ADD CONSTRAINT tracking_domains_pkey PRIMARY KEY (workspace_id, domain);

ALTER TABLE ONLY public.verdicts
    ADD CONSTRAINT verdicts_pkey PRIMARY KEY (address_key);

ALTER TABLE ONLY public.verification_batches
    ADD CONSTRAINT verification_batches_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.verification_items
    ADD CONSTRAINT verification_items_pkey PRIMARY KEY (batch_id, address_key);

ALTER TABLE ONLY public.verification_batches
    ADD CONSTRAINT verification_tokens_differ UNIQUE (token);

ALTER TABLE ONLY public.verifier_seats
    ADD CONSTRAINT verifier_seats_pkey PRIMARY KEY (server, seat);

ALTER TABLE ONLY public.verifier_windows
    ADD CONSTRAINT verifier_windows_pkey PRIMARY KEY (subject);

ALTER TABLE ONLY public.webhook_attempts
    ADD CONSTRAINT webhook_attempts_pkey PRIMARY KEY (delivery_id, round, number);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_events
    ADD CONSTRAINT webhook_events_once UNIQUE (event_id, event_object, event_action);

ALTER TABLE ONLY public.webhook_events
    ADD CONSTRAINT webhook_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_leases
    ADD CONSTRAINT webhook_leases_pkey PRIMARY KEY (webhook_id);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (id);

CREATE INDEX access_tokens_by_end ON public.access_tokens USING btree (expires_at);

CREATE INDEX api_clients_of_workspace ON public.api_clients USING btree (workspace_id);

CREATE INDEX api_keys_of_workspace ON public.api_keys USING btree (workspace_id);

CREATE INDEX campaign_attachments_of_step ON public.campaign_attachments USING btree (workspace_id, campaign_id, node_key);

CREATE INDEX campaign_lists_by_list ON public.campaign_lists USING btree (workspace_id, list_id);

CREATE INDEX campaign_mailboxes_by_mailbox ON public.campaign_mailboxes USING btree (workspace_id, mailbox_id);

CREATE INDEX campaigns_of_schedule ON public.campaigns USING btree (workspace_id, schedule_id) WHERE (deleted_at IS NULL);

CREATE INDEX campaigns_running ON public.campaigns USING btree (status) WHERE ((status = ANY (ARRAY['active'::text, 'scheduled'::text])) AND (deleted_at IS NULL));

CREATE INDEX credit_entries_of_workspace ON public.credit_entries USING btree (workspace_id, id);

CREATE INDEX credit_reservations_open ON public.credit_reservations USING btree (made_at) WHERE (settled_at IS NULL);

CREATE INDEX do_not_email_items_by_item ON public.do_not_email_items USING btree (workspace_id, item);

CREATE INDEX do_not_email_lists_of_workspace ON public.do_not_email_lists USING btree (workspace_id, id);

CREATE INDEX enrollments_to_look_at ON public.enrollments USING btree (campaign_id, lane, look_at) WHERE ((look_at IS NOT NULL) AND (state = ANY (ARRAY['to_check'::text, 'active'::text])));

CREATE INDEX finder_tasks_by_end ON public.finder_tasks USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX finder_tasks_by_request ON public.finder_tasks USING btree (workspace_id, kind, request_key, id) WHERE (request_key IS NOT NULL);

CREATE INDEX finder_tasks_of_workspace ON public.finder_tasks USING btree (workspace_id, id);

CREATE INDEX ingestion_files_open ON public.ingestion_files USING btree (id) WHERE (state = ANY (ARRAY['waiting'::text, 'extracted'::text]));

CREATE INDEX jobs_due ON public.jobs USING btree (priority, due_at, id) WHERE (state = 'waiting'::text);

CREATE UNIQUE INDEX jobs_once ON public.jobs USING btree (kind, once_key) WHERE (once_key IS NOT NULL);

CREATE INDEX jobs_parked_by_time ON public.jobs USING btree (parked_at, id) WHERE (state = 'parked'::text);

CREATE INDEX jobs_running ON public.jobs USING btree (id) WHERE (state = 'running'::text);

CREATE INDEX lead_addresses_in_order ON public.lead_addresses USING btree (domain_id, generic, id) WHERE (NOT shadowed);

CREATE INDEX lead_addresses_of_person ON public.lead_addresses USING btree (person_id) WHERE (person_id IS NOT NULL);

CREATE INDEX lead_companies_by_industry ON public.lead_companies USING btree (lower(industry) text_pattern_ops);

CREATE INDEX lead_companies_by_name ON public.lead_companies USING gin (name_key public.gin_trgm_ops);

CREATE INDEX lead_companies_by_place ON public.lead_companies USING btree (place_id) WHERE (place_id IS NOT NULL);

CREATE INDEX lead_companies_by_size ON public.lead_companies USING btree (size);

CREATE INDEX lead_company_evidence_of_company ON public.lead_company_evidence USING btree (domain_id);

CREATE INDEX lead_company_evidence_of_source ON public.lead_company_evidence USING btree (source_id);

CREATE INDEX lead_details_by_profile ON public.lead_details USING btree (key) WHERE (kind = 'profile'::text);

CREATE INDEX lead_details_of_source ON public.lead_details USING btree (source_id);

CREATE INDEX lead_domains_by_label ON public.lead_domains USING btree (label);

CREATE INDEX lead_evidence_of_address ON public.lead_evidence USING btree (address_id) WHERE (address_id IS NOT NULL);

CREATE INDEX lead_evidence_of_person ON public.lead_evidence USING btree (person_id) WHERE (person_id IS NOT NULL);

CREATE INDEX lead_evidence_of_source ON public.lead_evidence USING btree (source_id);

CREATE INDEX lead_people_by_last_name ON public.lead_people USING btree (lower(last_name) text_pattern_ops);

CREATE INDEX lead_people_by_place ON public.lead_people USING btree (place_id) WHERE (place_id IS NOT NULL);

CREATE INDEX lead_people_by_position ON public.lead_people USING btree (position_id, rank DESC, id) WHERE (NOT shadowed);

CREATE INDEX lead_people_by_profile ON public.lead_people USING btree (profile) WHERE (profile IS NOT NULL);

CREATE INDEX lead_people_in_order ON public.lead_people USING btree (domain_id, rank DESC, id) WHERE (NOT shadowed);

CREATE INDEX lead_places_by_city ON public.lead_places USING btree (city_key text_pattern_ops);

CREATE INDEX lead_places_by_country ON public.lead_places USING btree (country);

CREATE INDEX lead_places_by_state ON public.lead_places USING btree (state_key text_pattern_ops);

CREATE INDEX lead_positions_by_part ON public.lead_positions USING gin (key public.gin_trgm_ops);

CREATE INDEX lead_sources_by_uri ON public.lead_sources USING btree (hashtextextended(uri, (0)::bigint));

CREATE INDEX lead_sources_of_archive ON public.lead_sources USING btree (parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX lead_sources_of_workspace ON public.lead_sources USING btree (owner, id) WHERE (owner <> 0);

CREATE INDEX list_members_in_order ON public.list_members USING btree (workspace_id, list_id, "position");

CREATE INDEX mailbox_turns_awake ON public.mailbox_turns USING btree (wake_at) WHERE (held_at IS NULL);

CREATE UNIQUE INDEX one_content_per_id ON public.content_variants USING btree (workspace_id, campaign_id, node_key, content_id) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX one_custom_field_per_label ON public.custom_fields USING btree (workspace_id, lower(label));

CREATE UNIQUE INDEX one_default_do_not_email_list ON public.do_not_email_lists USING btree (workspace_id) WHERE is_default;

CREATE UNIQUE INDEX one_default_schedule ON public.schedules USING btree (workspace_id) WHERE is_default;

CREATE UNIQUE INDEX one_mailbox_per_address ON public.mailboxes USING btree (workspace_id, address_key) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX one_prospect_list_per_name ON public.prospect_lists USING btree (workspace_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX one_prospect_per_address ON public.prospects USING btree (workspace_id, email_key) WHERE ((copy_number = 0) AND (deleted_at IS NULL) AND (email_key IS NOT NULL));

CREATE UNIQUE INDEX one_prospect_per_profile ON public.prospects USING btree (workspace_id, linkedin_key) WHERE ((copy_number = 0) AND (deleted_at IS NULL) AND (email_key IS NULL));

CREATE UNIQUE INDEX one_schedule_per_name ON public.schedules USING btree (workspace_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX one_workspace_per_tracking_domain ON public.tracking_domains USING btree (domain) WHERE (state = 'verified'::text);

CREATE INDEX prospect_changes_of_workspace ON public.prospect_changes USING btree (workspace_id, id);

CREATE INDEX prospect_copies ON public.prospects USING btree (workspace_id, email_key) WHERE ((copy_number <> 0) AND (deleted_at IS NULL));

CREATE INDEX prospect_lists_of_workspace ON public.prospect_lists USING btree (workspace_id, id);

CREATE INDEX sends_of_subject ON public.sends USING btree (workspace_id, purpose, subject_id);

CREATE INDEX sends_planned ON public.sends USING btree (mailbox_id, COALESCE(campaign_id, (0)::bigint), due_at, id) WHERE (state = 'planned'::text);

CREATE INDEX sends_uncertain ON public.sends USING btree (look_at) WHERE (state = 'uncertain'::text);

CREATE INDEX sends_under_way ON public.sends USING btree (mailbox_id, id) WHERE (state <> 'planned'::text);

CREATE INDEX sent_mails_of_campaign ON public.sent_mails USING btree (workspace_id, campaign_id, at DESC, id DESC) WHERE (outcome <> 'failed'::text);

CREATE INDEX sent_mails_of_mailbox ON public.sent_mails USING btree (workspace_id, mailbox_id, at DESC, id DESC);

CREATE INDEX sent_mails_presumed ON public.sent_mails USING btree (workspace_id, id) WHERE (outcome = 'presumed_sent'::text);

CREATE INDEX sent_mails_stored_id ON public.sent_mails USING btree (stored_id) WHERE (stored_id IS NOT NULL);

CREATE INDEX tracked_hits_by_age ON public.tracked_hits USING btree (at);

CREATE INDEX tracked_hits_of_send ON public.tracked_hits USING btree (workspace_id, send_id, at);

CREATE INDEX tracked_hits_to_judge ON public.tracked_hits USING btree (at) WHERE (class IS NULL);

CREATE INDEX verdicts_open ON public.verdicts USING btree (split_part(address_key, '@'::text, '-1'::integer), retry_at) WHERE (retry_at IS NOT NULL);

CREATE INDEX verification_batches_by_end ON public.verification_batches USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX verification_batches_of_workspace ON public.verification_batches USING btree (workspace_id, id);

CREATE INDEX verification_items_by_address ON public.verification_items USING btree (address_key, batch_id);

CREATE INDEX verification_items_due ON public.verification_items USING btree (batch_id, domain, address_key) WHERE (state = 'due'::text);

CREATE INDEX verification_items_open ON public.verification_items USING btree (address_key) WHERE (state = 'open'::text);

CREATE INDEX webhook_deliveries_due ON public.webhook_deliveries USING btree (webhook_id, due_at, id) WHERE (state = 'waiting'::text);

CREATE INDEX webhook_deliveries_of_event ON public.webhook_deliveries USING btree (event);

CREATE INDEX webhook_deliveries_of_webhook ON public.webhook_deliveries USING btree (workspace_id, webhook_id, id);

CREATE INDEX webhook_events_by_age ON public.webhook_events USING btree (at);

CREATE INDEX webhooks_of_workspace ON public.webhooks USING btree (workspace_id, id) WHERE (deleted_at IS NULL);

ALTER INDEX public.events_key ATTACH PARTITION public.events_default_pkey;

CREATE TRIGGER credit_entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.credit_entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER keep_published_versions BEFORE UPDATE ON public.campaign_versions FOR EACH ROW EXECUTE FUNCTION public.keep_published_versions();

CREATE TRIGGER mailboxes_wake AFTER UPDATE OF state, daily_limit, delay_min_seconds, delay_max_seconds, ramp_up_start, ramp_up_step, ramp_up_from, time_zone ON public.mailboxes FOR EACH ROW EXECUTE FUNCTION public.wake_changed_mailbox();

ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_api_client_id_fkey FOREIGN KEY (api_client_id) REFERENCES public.api_clients(id);

ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.api_clients
    ADD CONSTRAINT api_clients_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(id);

ALTER TABLE ONLY public.api_clients
    ADD CONSTRAINT api_clients_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.calendly_bookings
    ADD CONSTRAINT calendly_bookings_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.calendly_hooks
    ADD CONSTRAINT calendly_hooks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.campaign_attachments
    ADD CONSTRAINT campaign_attachments_campaign FOREIGN KEY (workspace_id, campaign_id) REFERENCES public.campaigns(workspace_id, id);

ALTER TABLE ONLY public.campaign_defaults
    ADD CONSTRAINT campaign_defaults_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.campaign_lists
    ADD CONSTRAINT campaign_lists_list_id_fkey FOREIGN KEY (list_id) REFERENCES public.prospect_lists(id);

ALTER TABLE ONLY public.campaign_lists
    ADD CONSTRAINT campaign_lists_workspace_id_campaign_id_fkey FOREIGN KEY (workspace_id, campaign_id) REFERENCES public.campaigns(workspace_id, id);

ALTER TABLE ONLY public.campaign_mailboxes
    ADD CONSTRAINT campaign_mailboxes_workspace_id_campaign_id_fkey FOREIGN KEY (workspace_id, campaign_id) REFERENCES public.campaigns(workspace_id, id);

ALTER TABLE ONLY public.campaign_mailboxes
    ADD CONSTRAINT campaign_mailboxes_workspace_id_mailbox_id_fkey FOREIGN KEY (workspace_id, mailbox_id) REFERENCES public.mailboxes(workspace_id, id);

ALTER TABLE ONLY public.campaign_versions
    ADD CONSTRAINT campaign_versions_workspace_id_campaign_id_fkey FOREIGN KEY (workspace_id, campaign_id) REFERENCES public.campaigns(workspace_id, id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.members(id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_schedule FOREIGN KEY (workspace_id, schedule_id) REFERENCES public.schedules(workspace_id, id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.charged_requests
    ADD CONSTRAINT charged_requests_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.content_variants
    ADD CONSTRAINT content_variants_campaign FOREIGN KEY (workspace_id, campaign_id) REFERENCES public.campaigns(workspace_id, id);

ALTER TABLE ONLY public.crawl_pages
    ADD CONSTRAINT crawl_pages_domain_fkey FOREIGN KEY (domain) REFERENCES public.crawls(domain) ON DELETE CASCADE;

ALTER TABLE ONLY public.credit_entries
    ADD CONSTRAINT credit_entries_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.credit_reservations
    ADD CONSTRAINT credit_reservations_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.custom_fields
    ADD CONSTRAINT custom_fields_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.days_off
    ADD CONSTRAINT days_off_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.do_not_email_items
    ADD CONSTRAINT do_not_email_items_list_id_fkey FOREIGN KEY (list_id) REFERENCES public.do_not_email_lists(id);

ALTER TABLE ONLY public.do_not_email_lists
    ADD CONSTRAINT do_not_email_lists_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.members(id);

ALTER TABLE ONLY public.do_not_email_lists
    ADD CONSTRAINT do_not_email_lists_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.finder_tasks
    ADD CONSTRAINT finder_tasks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.mail_files
    ADD CONSTRAINT mail_files_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.mailboxes
    ADD CONSTRAINT mailboxes_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.period_recipients
    ADD CONSTRAINT period_recipients_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.prospect_change_rows
    ADD CONSTRAINT prospect_change_rows_change_id_fkey FOREIGN KEY (change_id) REFERENCES public.prospect_changes(id);

ALTER TABLE ONLY public.prospect_changes
    ADD CONSTRAINT prospect_changes_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.prospect_evidence
    ADD CONSTRAINT prospect_evidence_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.prospect_lists
    ADD CONSTRAINT prospect_lists_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.tracking_domains
    ADD CONSTRAINT tracking_domains_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.verification_batches
    ADD CONSTRAINT verification_batches_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);

ALTER TABLE ONLY public.verification_items
    ADD CONSTRAINT verification_items_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES public.verification_batches(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_attempts
    ADD CONSTRAINT webhook_attempts_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES public.webhook_deliveries(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_event_fkey FOREIGN KEY (event) REFERENCES public.webhook_events(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhooks(id);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(id);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id);
