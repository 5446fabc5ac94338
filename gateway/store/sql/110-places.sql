-- The sensitive places that labels of stored records were made with; what they kept or named is labelled anew when these change.
create table labelled_place (
  id text primary key,
  sensitivities text[] not null,
  -- how records name it: its number, its name, its addresses in the directory
  names text[] not null
);
