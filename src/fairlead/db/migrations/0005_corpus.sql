-- Addresses whose owners asked to be left alone, for the whole installation. Hashed: the list itself must
-- not become a list of addresses.
create table claimed_addresses (
  address_hash bytea primary key,   -- SHA-256 of the address as kit.text.address_key gives it
  claimed_at   timestamptz not null
);

-- What other rooms' statements may ask of this one.
create function address_is_claimed(address text) returns boolean language sql stable parallel safe as
$$ select exists (select from claimed_addresses where address_hash = sha256(convert_to(address, 'UTF8'))) $$;
