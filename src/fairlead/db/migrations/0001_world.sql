-- One row: what this installation is.
create table instance (
  only_row   boolean primary key default true constraint instance_has_one_row check (only_row),
  mode       text not null constraint instance_mode check (mode in ('live', 'sandbox')),
  token      text not null,               -- random; names this installation in headers and cursors
  key_check  bytea,                       -- a known text sealed with the encryption key: a wrong key is seen at start
  made_at    timestamptz not null default clock_timestamp()
);

-- One row: how business time follows from machine time, see kit/clock.py.
create table business_clock (
  only_row        boolean primary key default true constraint business_clock_has_one_row check (only_row),
  machine_origin  timestamptz not null,
  business_origin timestamptz not null,
  speed           double precision not null default 1 constraint business_clock_speed check (speed >= 0),
  latest          timestamptz not null   -- the highest business time noted down; answers never go below it
);
