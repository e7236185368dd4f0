-- What is made of items whose bytes lie elsewhere, or are encrypted (packages/umf/SPEC.md, P4 and X3).

alter table derived_items
  -- Made of an item of another recording, whose limits are kept there: for the owner of both, whatever its sources here say.
  add column owner_alone boolean not null default false,
  -- How it was encrypted again, where what it was made of was; its digest and length are those of the encrypted bytes.
  add column encryption jsonb;
