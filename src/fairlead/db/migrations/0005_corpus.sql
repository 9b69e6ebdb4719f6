-- Addresses whose owners asked to be left alone, for the whole installation. Hashed: the list itself must
-- not become a list of addresses.
create table claimed_addresses (
  address_hash bytea primary key,   -- SHA-256 of the address as kit.text.address_key gives it
  claimed_at   timestamptz not null
);

-- What other rooms' statements may ask of this one: those of some addresses that are claimed. It becomes a part of the
-- statement that asks, as a view would.
create function claimed_among(addresses text[]) returns setof text language sql stable parallel safe as
$$ select address from unnest(addresses) as address
    where exists (select from claimed_addresses where address_hash = sha256(convert_to(address, 'UTF8'))) $$;
