CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  citizen BLOB NOT NULL UNIQUE,          -- HMAC-SHA-256 of the citizen number
  citizen_end TEXT NOT NULL,             -- its last three digits
  full_name TEXT NOT NULL,
  unit TEXT NOT NULL,
  organisation TEXT NOT NULL DEFAULT '', -- kind of organisation
  role TEXT NOT NULL,
  communes TEXT NOT NULL,                -- codes parted by spaces; * is every commune
  plan TEXT,                             -- of a contractor: number of the approved plan
  expires_on TEXT,                       -- last day on which the account works
  salt BLOB NOT NULL,
  hash BLOB NOT NULL,                    -- Argon2id
  password_at INTEGER NOT NULL,
  is_first INTEGER NOT NULL,             -- the password was given, not chosen
  totp BLOB,                             -- secret of the second factor
  totp_step INTEGER NOT NULL DEFAULT 0,  -- last used step: a code holds once
  locked TEXT,                           -- why
  closed INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  terms TEXT NOT NULL DEFAULT ''
) STRICT;

-- The written request behind each act upon an account.
CREATE TABLE letter (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account(id),
  act TEXT NOT NULL,
  number TEXT NOT NULL,
  dated TEXT NOT NULL,
  unit TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE old_password (
  account INTEGER NOT NULL REFERENCES account(id),
  salt BLOB NOT NULL,
  hash BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- People whose unit said that they leave.
CREATE TABLE departure (
  account INTEGER PRIMARY KEY REFERENCES account(id),
  left_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  done_on TEXT
) STRICT;

CREATE TABLE session (
  id BLOB PRIMARY KEY,                   -- SHA-256 of what the cookie holds
  account INTEGER NOT NULL REFERENCES account(id),
  stage TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  place TEXT NOT NULL                    -- network of the address
) STRICT;
CREATE INDEX session_account ON session(account);

-- Failed sign-ins, so that limits survive a restart. Keys are keyed hashes of names and networks.
CREATE TABLE attempt (key BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX attempt_key ON attempt(key, at);

CREATE TABLE request (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  account INTEGER NOT NULL REFERENCES account(id),
  filed_by INTEGER NOT NULL REFERENCES account(id),
  paper TEXT NOT NULL DEFAULT '',        -- number of the paper slip, where there was one
  area TEXT NOT NULL,
  edition TEXT NOT NULL,
  purpose TEXT NOT NULL,
  terms TEXT NOT NULL,
  terms_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  fee_vnd INTEGER,
  fee_exempt TEXT NOT NULL DEFAULT '',
  receipt TEXT NOT NULL DEFAULT '',
  filed_at INTEGER NOT NULL,
  due_on TEXT NOT NULL,
  latest_on TEXT NOT NULL,
  first_by INTEGER REFERENCES account(id),
  second_by INTEGER REFERENCES account(id),
  decided_at INTEGER,
  reason TEXT NOT NULL DEFAULT '',
  until TEXT
) STRICT;
CREATE INDEX request_account ON request(account);

-- Leave to begin one download.
CREATE TABLE ticket (
  id INTEGER PRIMARY KEY,
  request INTEGER NOT NULL REFERENCES request(id),
  account INTEGER NOT NULL REFERENCES account(id),
  file TEXT NOT NULL,
  edition TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  uses_left INTEGER NOT NULL,
  parts_left INTEGER NOT NULL
) STRICT;

-- What went out.
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  request INTEGER NOT NULL REFERENCES request(id),
  account INTEGER NOT NULL REFERENCES account(id),
  file TEXT NOT NULL,
  tag TEXT NOT NULL,
  features INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_account ON delivery(account, at);
