-- What an extract is handed out as: format, coordinate system, fields (none: all).
ALTER TABLE request ADD COLUMN format TEXT NOT NULL DEFAULT 'fgb';
ALTER TABLE request ADD COLUMN crs TEXT NOT NULL DEFAULT 'wgs84';
ALTER TABLE request ADD COLUMN fields TEXT NOT NULL DEFAULT '';

-- Confirmations of extracts and of printed sheets: what a code is asked about, and nothing of who asked for it.
CREATE TABLE confirmation (
  code TEXT PRIMARY KEY,
  kind TEXT NOT NULL,                    -- trich_xuat, ban_in
  request INTEGER REFERENCES request(id),
  area TEXT NOT NULL,
  edition TEXT NOT NULL,
  root TEXT NOT NULL,
  decisions TEXT NOT NULL,               -- by which the parcels of the edition were approved
  digest TEXT NOT NULL,                  -- SHA-256 of the file; of a printed sheet that of what it is made from
  issued_on TEXT NOT NULL,
  withdrawn TEXT
) STRICT;
